/**
 * Imported first by every entry point: without a listener, SIGUSR1 makes Node open an inspector,
 * through which every program of this host may run code here.
 */
process.on('SIGUSR1', () => undefined);
