import { Draining } from '../../src/common/lifecycle/draining.js';

describe('Draining', () => {
  it('tells everybody once, late comers at once, and not who left', () => {
    const draining = new Draining();
    const told: string[] = [];
    draining.onBegin(() => told.push('early'));
    draining.onBegin(() => told.push('left'))();
    expect(draining.active).toBe(false);

    draining.begin();
    draining.begin();
    draining.onBegin(() => told.push('late'));

    expect(draining.active).toBe(true);
    expect(told).toEqual(['early', 'late']);
  });
});
