import { Scene } from '../contract/store/scene.js';
import { opened } from '../support/durable-store.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeOnSharedStores } from '../support/storages.js';

const REMOVED = 'Conversations were removed that nobody updated for long';

describeOnSharedStores('HISTORY_RETENTION_DAYS with several workers', (make) => {
  it('is done at the start by one of them', async () => {
    const storage = await make();
    const store = await opened(storage);
    const scene = new Scene(store);
    await scene.answered(scene.opening());
    const recent = await scene.answered(scene.opening({ at: Date.now() }));
    const service = await ServiceProcess.start({
      ...storage.env,
      API_WORKERS: '3',
      HISTORY_RETENTION_DAYS: '1',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
    });
    await service.logged(REMOVED);
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    const lines = service.log.filter(({ msg }) => msg === REMOVED);
    expect(lines).toMatchObject([{ conversations: 1, messages: 2, days: 1 }]);
    expect(await scene.listed()).toEqual([recent.conversationId]);
    await service.remove();
    await store.close();
    await storage.dispose();
  });
});
