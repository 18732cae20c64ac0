// Loaded before the service: its process is as in another container of this host, which has the same
// boot id and another namespace of process ids.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const read = fs.readlinkSync.bind(fs);
Object.assign(fs, {
  /** @param {string} path */
  readlinkSync: (path) =>
    path === '/proc/self/ns/pid' ? `pid:[${process.env['TEST_PID_NAMESPACE']}]` : read(path),
});
syncBuiltinESMExports();
