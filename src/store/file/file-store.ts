import type { AppLogger } from '../../observability/app-logger.js';
import { ERASED, isRunning } from '../local/generation-row.js';
import { LocalConversationStore } from '../local/local-conversation-store.js';
import { LocalGenerationStore } from '../local/local-generation-store.js';
import { LocalImageStore } from '../local/local-image-store.js';
import { LocalWorkerCoordination } from '../local/local-worker-coordination.js';
import { LocalState } from '../local/local-state.js';
import { Store } from '../store.js';
import { DiskFullError, hasRoom } from '../support/files.js';
import { restrictPermissions } from './restrict-permissions.js';
import { CalibrationFile } from './calibration-file.js';
import { ConversationCatalog } from './conversation-catalog.js';
import { ConversationFiles } from './conversation-files.js';
import { Disk, type Guard } from './disk.js';
import { startFailure, fileError } from './file-errors.js';
import { FilePersistence } from './file-persistence.js';
import { FolderLock, type LockTimes } from './folder-lock.js';
import { GenerationFiles } from './generation-files.js';
import { ImageFiles } from './image-files.js';
import { recoverImages } from './image-recovery.js';
import { Layout } from './layout.js';
import { machineHolder, type LockHolder } from './lock-holder.js';
import { Quarantine } from './quarantine.js';

/** A change of the lock is detected within 1 s; an unchanged lock is taken over after 4 s. */
const LOCK_TIMES: LockTimes = { heartbeatMs: 500, staleMs: 4000 };

const PROBE_BYTES = 64 * 1024;

export interface FileStoreOptions {
  times?: LockTimes;
  /** Identity of this process for others that open the folder. */
  holder?: LockHolder;
  /** `guard` must be called before each change. */
  makeDisk?: (guard: Guard) => Disk;
}

const newDisk = (guard: Guard): Disk => new Disk(guard);

/**
 * Conversations in JSON files, one each, in a folder that only one process uses. Acknowledged data
 * survives a crash of the process at any moment; conversations also survive a power failure.
 */
export class FileStore extends Store {
  readonly shared = false;
  readonly conversations: LocalConversationStore;
  readonly generations: LocalGenerationStore;
  readonly coordination: LocalWorkerCoordination;
  readonly calibrations: CalibrationFile;
  readonly images: LocalImageStore;

  private readonly lock: FolderLock;
  private readonly catalog: ConversationCatalog;
  private readonly conversationFiles: ConversationFiles;
  private readonly generationFiles: GenerationFiles;
  private readonly imageFiles: ImageFiles;
  private readonly state: LocalState;

  private readonly lockDisk: Disk;
  private readonly disk: Disk;
  private readonly layout: Layout;

  /** `folder` is created if it does not exist. */
  constructor(
    private readonly folder: string,
    private readonly logger: AppLogger,
    { times = LOCK_TIMES, holder = machineHolder, makeDisk = newDisk }: FileStoreOptions = {},
  ) {
    super();
    // The lock has its own `Disk`: its heartbeat does not wait for writes of conversations.
    this.lockDisk = makeDisk(() => Promise.resolve());
    const layout = new Layout(folder);
    this.layout = layout;
    this.lock = new FolderLock(this.lockDisk, layout.lock, logger, times, holder);
    const disk = makeDisk(() => this.lock.assertHeld());
    this.disk = disk;
    this.calibrations = new CalibrationFile(disk, layout);
    const quarantine = new Quarantine(disk, layout, logger);
    this.catalog = new ConversationCatalog(disk, layout, logger);
    this.conversationFiles = new ConversationFiles(disk, layout, this.catalog, quarantine, logger);
    this.generationFiles = new GenerationFiles(disk, layout, quarantine);
    this.imageFiles = new ImageFiles(disk, layout);
    const persistence = new FilePersistence(
      this.conversationFiles,
      this.generationFiles,
      this.imageFiles,
    );
    this.state = new LocalState(persistence, this.signal);
    this.images = new LocalImageStore(this.state);
    this.conversations = new LocalConversationStore(this.state, this.images);
    this.generations = new LocalGenerationStore(this.state);
    this.coordination = new LocalWorkerCoordination(this.state);
  }

  async open(): Promise<void> {
    try {
      await this.lockDisk.makeFolder(this.folder);
      await this.lock.acquire();
      await this.load();
      await restrictPermissions(this.layout);
    } catch (error) {
      await this.lock.release();
      throw startFailure(error);
    }
  }

  /**
   * The lock's heartbeat shows that the folder can be written; it needs no space, so free space is
   * checked separately.
   */
  async ping(): Promise<void> {
    this.lock.assertHeartbeat();
    const room = await hasRoom(this.folder).catch((error: unknown) => {
      throw fileError(error);
    });
    if (!room) throw fileError(new DiskFullError());
    if (this.disk.hasFailed) await this.probe();
  }

  async close(): Promise<void> {
    await this.state.settled();
    await this.catalog.flush();
    await this.lock.release();
  }

  /** Tries to write a file of a usual size if the last write failed. */
  private async probe(): Promise<void> {
    await this.disk.replace(this.layout.probe, '.'.repeat(PROBE_BYTES));
    await this.disk.remove(this.layout.probe);
  }

  /** Loads the stored data and ends generations of a dead process. */
  private async load(): Promise<void> {
    this.state.reset();
    for (const { ownerId, summary } of await this.conversationFiles.scan())
      this.state.index.put(ownerId, summary);
    for (const row of await this.generationFiles.loadAll()) {
      const isDeleted = row.committed && !this.state.index.get(row.ownerId, row.conversationId);
      const deletedSince = isDeleted && !isRunning(row) && !row.conversationDeleted;
      if (deletedSince) await this.generationFiles.removeLog(row.key);
      this.state.table.add({ ...row, ...(deletedSince && ERASED) });
    }
    const ended = await this.coordination.endLeftovers(Date.now());
    if (ended > 0)
      this.logger.warn('Ended the generations of a process that died', { generations: ended });
    await recoverImages(this.state, this.imageFiles);
    // What was open then can be decided now.
    await this.images.sweep(Date.now());
    await this.catalog.flush();
  }
}
