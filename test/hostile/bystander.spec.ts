import { Rig } from './support/rig.js';

describe('without an attack', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  it('everybody is served', async () => {
    await rig.recovered();
  });

  it('a service that stands still for more than a second is noticed', async () => {
    const standStill = rig.whileServing(async () => {
      rig.service.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      rig.service.kill('SIGCONT');
    });
    await expect(standStill).rejects.toThrow(/^A bystander's .* took \d+ ms$/);
  });
});
