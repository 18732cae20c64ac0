import { jest } from '@jest/globals';
import { Cancellation } from '../../src/domain/cancellation.js';

describe('A cancellation', () => {
  it('tells each listener once, with the first reason', () => {
    const cancellation = new Cancellation();
    const told: unknown[] = [];
    cancellation.addEventListener('abort', () => told.push(cancellation.reason));
    cancellation.abort('left');
    cancellation.abort('again');
    expect(told).toEqual(['left']);
    expect(() => cancellation.throwIfAborted()).toThrow('left');
  });

  it('tells nobody who has stopped listening, and nobody who comes too late', () => {
    const cancellation = new Cancellation();
    const tell = jest.fn();
    cancellation.addEventListener('abort', tell);
    cancellation.removeEventListener('abort', tell);
    cancellation.abort();
    cancellation.addEventListener('abort', tell);
    expect(tell).not.toHaveBeenCalled();
    expect(cancellation.aborted).toBe(true);
  });
});
