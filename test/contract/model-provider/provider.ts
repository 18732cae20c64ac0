import type { ProviderUnderTest } from './subject.js';

/**
 * What every provider says of its models and its server.
 *
 * @param make with the names of `MODEL_ALLOW`; none: every local model
 */
export function describeProvider(
  name: string,
  make: (allow?: readonly string[]) => Promise<ProviderUnderTest>,
): void {
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
        if (sizeBytes !== null) expect(sizeBytes).toBeGreaterThanOrEqual(0);
      }
    });

    test('names all models that it has, also those that no chat may use', async () => {
      const { provider } = subject;
      subject.addModel('embedder', 'not for chat');
      const names = (await provider.names()).map((name) => provider.canonicalName(name));
      for (const model of ['llama2', 'embedder']) {
        expect(names).toContain(provider.canonicalName(model));
      }
      expect(provider.identify('llama2')).toEqual({
        provider: provider.name,
        model: provider.canonicalName('llama2'),
      });
      for (const listed of await provider.list()) {
        expect(listed.provider).toBe(provider.name);
        expect(names).toContain(provider.canonicalName(listed.name));
      }
      await subject.stop();
      await expect(provider.names()).rejects.toMatchObject({ reason: 'model_unavailable' });
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

    describe('models that a chat may not name', () => {
      const refused = { status: 404, reason: 'model_not_found' };
      const expectRefused = async (model: string, error: object): Promise<void> => {
        await expect(subject.provider.resolve(model)).rejects.toMatchObject(error);
        expect(await subject.provider.has(model)).toBe(false);
        expect(await listed()).toEqual(['llama2'].map(canonical));
      };
      const canonical = (model: string): string => subject.provider.canonicalName(model);
      const listed = async () =>
        (await subject.provider.list()).map((model) => canonical(model.name));
      const allowOnly = async (...names: string[]): Promise<void> => {
        await subject.dispose();
        subject = await make(names);
      };

      test('those that MODEL_ALLOW does not name', async () => {
        await allowOnly('llama2');
        subject.addModel('mistral');
        await subject.provider.resolve('llama2');
        await expectRefused('mistral', refused);
      });

      test('one that its server passes on to another host', async () => {
        if (!subject.passesOn) return;
        subject.addModel('far', 'served elsewhere');
        await expectRefused('far', refused);
      });

      test('one that is a cloud’s by its name', async () => {
        if (!subject.passesOn) return;
        subject.addModel('gpt-oss:120b-cloud');
        await expectRefused('gpt-oss:120b-cloud', refused);
      });

      test('one that cannot chat', async () => {
        subject.addModel('embedder', 'not for chat');
        await expectRefused('embedder', {
          status: 400,
          reason: 'validation',
          details: [{ field: 'model' }],
        });
      });

      test('MODEL_ALLOW lets through what it names, wherever that runs', async () => {
        await allowOnly('llama2', 'far', 'gpt-oss:120b-cloud');
        subject.addModel('far', 'served elsewhere');
        subject.addModel('gpt-oss:120b-cloud', 'served elsewhere');
        const all = ['far', 'gpt-oss:120b-cloud', 'llama2'];
        expect((await listed()).toSorted()).toEqual(all.map(canonical));
        for (const model of ['far', 'gpt-oss:120b-cloud']) await subject.provider.resolve(model);
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
