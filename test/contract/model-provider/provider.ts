import type { ProviderUnderTest } from './subject.js';

/** What every provider says of its models and its server. */
export function describeProvider(name: string, make: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as a provider`, () => {
    let subject: ProviderUnderTest;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.dispose());

    const unavailable = { status: 503, reason: 'model_unavailable' };

    test('lists the models that a chat may name', async () => {
      const { provider } = subject;
      subject.addModel('mistral');
      const listed = await provider.list();
      expect(listed).toHaveLength(2);
      for (const { name: model, modifiedAt, sizeBytes } of listed) {
        expect(await provider.has(model)).toBe(true);
        await provider.resolve(model);
        expect(new Date(modifiedAt).toISOString()).toBe(modifiedAt);
        expect(sizeBytes).toBeGreaterThanOrEqual(0);
      }
    });

    test('knows what a generation has to know of its model', async () => {
      const { contextTokens, stop, vocabulary } = await subject.provider.resolve('llama2');
      expect(contextTokens).toBeGreaterThan(0);
      expect(Array.isArray(stop)).toBe(true);
      expect(['small', 'large']).toContain(vocabulary);
    });

    test('does not have a model that is not there', async () => {
      expect(await subject.provider.has('no-such-model')).toBe(false);
      const error: unknown = await subject.provider
        .resolve('no-such-model')
        .catch((e: unknown) => e);
      expect(error).toMatchObject({ status: 404, reason: 'model_not_found' });
      expect((error as Error).message).not.toContain('no-such-model');
    });

    test('has a model as soon as it is there, and no longer', async () => {
      const { provider } = subject;
      await expect(provider.resolve('new')).rejects.toMatchObject({ reason: 'model_not_found' });
      subject.addModel('new');
      await provider.resolve('new');
      expect(await provider.has('new')).toBe(true);
      subject.removeModel('new');
      expect(await provider.has('new')).toBe(false);
    });

    test.each(['', 'two words', 'a\u202eb'])('refuses %j as a name', async (model) => {
      await expect(subject.provider.resolve(model)).rejects.toMatchObject({
        status: 400,
        reason: 'validation',
        details: [{ field: 'model' }],
      });
    });

    test('says that its server serves, and when it does not', async () => {
      const { provider } = subject;
      await provider.check(5_000);
      await subject.stop();
      await expect(provider.check(5_000)).rejects.toMatchObject(unavailable);
      await expect(provider.list()).rejects.toMatchObject(unavailable);
      await expect(provider.has('llama2')).rejects.toMatchObject(unavailable);
    });

    test('closes its connections', async () => {
      await subject.provider.list();
      expect(await subject.connections()).toBeGreaterThan(0);
      subject.provider.close();
      while ((await subject.connections()) > 0) await new Promise(setImmediate);
    });
  });
}
