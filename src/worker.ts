import './common/lifecycle/no-inspector.js';
import { PrimaryLink } from './cluster/primary-link.js';
import { createLogger } from './observability/create-logger.js';
import { serve } from './serve.js';

/** One of several worker processes; `main` starts them. */
const link = await PrimaryLink.open();
const { settings, number } = link;
const { logger } = createLogger(settings.log, undefined, { worker: number });
const url = await serve(settings, logger, ({ shutdown, metrics, siblings }) => {
  link.listen({
    onCommand: (command, why) => shutdown.begin(command, why),
    onSiblingDeath: () => siblings.died(),
  });
  if (metrics) link.onMetricsAsked(() => metrics.snapshot());
});
link.listening(url);
