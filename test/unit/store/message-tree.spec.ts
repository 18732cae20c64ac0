import { MessageTree, type Node } from '../../../src/store/rules/tree.js';

const TOP = 'conversation';

/** Nodes in the order made, each as `parent id`; `^` is the top. */
function nodes(...edges: string[]): Node[] {
  return edges.map((edge) => {
    const [parent = '', id = ''] = edge.split(' ');
    const role = id === 's' ? 'system' : 'user';
    return { id, parentId: parent === '^' ? TOP : parent, role };
  });
}

const FORKED = nodes('^ s', '^ a', 'a b', 'b c', 'a d', 'c e', '^ f', 'b g');

function without(all: Node[], ids: string[]) {
  const { tree, gone } = new MessageTree(all).without(ids);
  const edges = Array.from({ length: tree.length }, (_, place) => {
    const id = tree.idAt(place) ?? '';
    const parent = tree.parentOf(id) ?? '?';
    return `${parent === TOP ? '^' : parent} ${id}`;
  });
  return { tree, edges, gone: Object.fromEntries(gone) };
}

describe('a tree without some messages', () => {
  it('hangs what followed one on what that followed', () => {
    const { edges, gone, tree } = without(FORKED, ['b']);
    expect(edges).toEqual(['^ s', '^ a', 'a c', 'a d', 'c e', '^ f', 'a g']);
    expect(gone).toEqual({ b: 'a' });
    expect(['s', 'a', 'c', 'd', 'e', 'g'].map((id) => tree.depthOf(id))).toEqual([
      0, 1, 2, 2, 3, 2,
    ]);
    expect(tree.siblingsOf('g')).toEqual(['c', 'd', 'g']);
  });

  it('goes up as far as nothing stays, to the top at last', () => {
    const { edges, gone } = without(FORKED, ['c', 'a', 'b']);
    expect(edges).toEqual(['^ s', '^ d', '^ e', '^ f', '^ g']);
    expect(gone).toEqual({ a: TOP, b: TOP, c: TOP });
    expect(Object.keys(gone)).toEqual(['a', 'b', 'c']);
  });

  it('keeps the system prompt, and ignores what is none of its messages', () => {
    const { edges, gone } = without(FORKED, ['s', 'x', TOP, '']);
    expect(edges).toHaveLength(FORKED.length);
    expect(gone).toEqual({});
  });

  it('leaves the tree itself as it was, and may leave nothing', () => {
    const tree = new MessageTree(FORKED);
    expect(tree.without(['a', 'b', 'c', 'd', 'e', 'f', 'g', 's']).tree.length).toBe(1);
    expect(tree.length).toBe(FORKED.length);
    expect(tree.depthOf('e')).toBe(4);
    expect(new MessageTree([]).without(['a']).tree.length).toBe(0);
  });
});
