import type { AppLogger } from '../../observability/app-logger.js';
import { ERASED, isRunning, type GenerationRow } from '../local/generation-row.js';
import { LocalConversationStore } from '../local/local-conversation-store.js';
import { LocalGenerationStore } from '../local/local-generation-store.js';
import type { LocalIdleConversations } from '../local/local-idle-conversations.js';
import { LocalImageStore } from '../local/local-image-store.js';
import { LocalWorkerCoordination } from '../local/local-worker-coordination.js';
import { LocalState } from '../local/local-state.js';
import { LocalUsageStore } from '../local/local-usage-store.js';
import { Store } from '../store.js';
import { DiskFullError, hasRoom } from '../support/files.js';
import { assertFilled } from '../support/marked-filling.js';
import { restrictPermissions } from './restrict-permissions.js';
import { CalibrationFile } from './calibration-file.js';
import { FileChangeFeed } from './changes/file-change-feed.js';
import { Segments } from './changes/segments.js';
import { ConversationCatalog } from './conversation-catalog.js';
import { ConversationFiles } from './conversation-files.js';
import { DeletedChatFiles } from './deleted-chat-files.js';
import { ConversationScan } from './conversation-scan.js';
import { Disk, type Guard } from './disk.js';
import { FileOwnerErasure } from './erasure/file-owner-erasure.js';
import { startFailure, fileError } from './file-errors.js';
import { FilePersistence } from './file-persistence.js';
import { FolderLock, type LockTimes } from './folder-lock.js';
import { GenerationFiles } from './generation-files.js';
import { FileKeyStore } from './file-key-store.js';
import { ImageFiles } from './image-files.js';
import { recoverImages } from './image-recovery.js';
import { Layout } from './layout.js';
import { machineHolder, type LockHolder } from './lock-holder.js';
import { ObservingDisk } from './observing-disk.js';
import { Quarantine } from './quarantine.js';
import { FactFile } from './transfer/fact-file.js';
import { FileHistoryTransfer } from './transfer/file-history-transfer.js';
import { recoverUsage, UsageFiles } from './usage-files.js';

/** A change of the lock is detected within 1 s; an unchanged lock is taken over after 4 s. */
const LOCK_TIMES: LockTimes = { heartbeatMs: 500, staleMs: 4000 };

const PROBE_BYTES = 64 * 1024;

export interface FileStoreOptions {
  times?: LockTimes;
  /** Identity of this process for others that open the folder. */
  holder?: LockHolder;
  /** `guard` must be called before each change. */
  makeDisk?: (guard: Guard) => Disk;
  /**
   * Whether it only reads, with the folder as it is when it is opened, whether another process serves it or
   * not: without the lock, and without any change.
   */
  observes?: boolean;
}

const newDisk = (guard: Guard): Disk => new Disk(guard);
const observingDisk = (): Disk => new ObservingDisk();

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
  readonly changes: FileChangeFeed;
  readonly idle: LocalIdleConversations;
  readonly keys: FileKeyStore;
  readonly usage: LocalUsageStore;
  override readonly transfer: FileHistoryTransfer;
  override readonly erasure: FileOwnerErasure;

  private readonly lock: FolderLock;
  private readonly segments: Segments;
  private readonly catalog: ConversationCatalog;
  private readonly scan: ConversationScan;
  private readonly conversationFiles: ConversationFiles;
  private readonly generationFiles: GenerationFiles;
  private readonly imageFiles: ImageFiles;
  private readonly usageFiles: UsageFiles;
  private readonly state: LocalState;

  private readonly lockDisk: Disk;
  private readonly disk: Disk;
  private readonly layout: Layout;

  /** `folder` is created if it does not exist. */
  constructor(
    private readonly folder: string,
    private readonly logger: AppLogger,
    {
      times = LOCK_TIMES,
      holder = machineHolder,
      observes = false,
      ...made
    }: FileStoreOptions = {},
  ) {
    super();
    const { makeDisk = observes ? observingDisk : newDisk } = made;
    // The lock has its own `Disk`: its heartbeat does not wait for writes of conversations.
    this.lockDisk = makeDisk(() => Promise.resolve());
    const layout = new Layout(folder);
    this.layout = layout;
    this.lock = new FolderLock(this.lockDisk, layout.lock, logger, times, holder);
    const disk = makeDisk(() => this.lock.assertHeld());
    this.disk = disk;
    this.calibrations = new CalibrationFile(disk, layout);
    const quarantine = new Quarantine(disk, layout, logger);
    this.segments = new Segments(disk, layout, quarantine);
    const changes = new FileChangeFeed(this.segments);
    this.changes = changes;
    this.keys = new FileKeyStore(folder);
    const catalog = new ConversationCatalog(disk, layout, logger, changes);
    this.catalog = catalog;
    this.scan = new ConversationScan(disk, layout, catalog, quarantine, logger);
    this.conversationFiles = new ConversationFiles(disk, layout, catalog, quarantine, changes);
    this.generationFiles = new GenerationFiles(disk, layout, quarantine, changes);
    this.imageFiles = new ImageFiles(disk, layout);
    this.usageFiles = new UsageFiles(disk, layout, quarantine);
    const persistence = new FilePersistence(
      this.conversationFiles,
      this.generationFiles,
      this.imageFiles,
      this.usageFiles,
      new DeletedChatFiles(disk, layout),
    );
    this.state = new LocalState(persistence, this.signal);
    this.images = new LocalImageStore(this.state);
    this.conversations = new LocalConversationStore(this.state, this.images);
    this.idle = this.conversations.idle;
    this.generations = new LocalGenerationStore(this.state);
    this.coordination = new LocalWorkerCoordination(this.state);
    this.usage = new LocalUsageStore(this.state);
    this.state.isObserved = observes;
    const { state, images, conversationFiles: files } = this;
    this.transfer = new FileHistoryTransfer(
      { state, files, images, facts: new FactFile(layout) },
      this,
    );
    this.erasure = new FileOwnerErasure({ disk, layout, state: this.state, catalog, changes });
  }

  open(): Promise<void> {
    return this.openIf(() => assertFilled(this.transfer, 'HISTORY_FILE_PATH'));
  }

  /** The same for a folder of which a filling may have been interrupted. */
  openToFill(): Promise<void> {
    return this.openIf(() => Promise.resolve());
  }

  private async openIf(check: () => Promise<void>): Promise<void> {
    if (this.state.isObserved) {
      await check();
      return this.observe();
    }
    try {
      await this.lockDisk.makeFolder(this.folder);
      await this.lock.acquire();
      await check();
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
    if (this.state.isObserved) return;
    await this.state.settled();
    await this.changes
      .sync()
      .catch((error: unknown) =>
        this.logger.warn('The changes could not be written; the next start adds them', { error }),
      );
    await this.catalog.flush();
    await this.lock.release();
  }

  private async observe(): Promise<void> {
    this.state.reset();
    for (const { row } of await this.generationFiles.loadAll()) this.state.table.add(row);
    await recoverUsage(this.state, this.usageFiles);
    await this.scan.run(() => Promise.resolve());
    for (const { ownerId, summary } of this.catalog.all) this.state.index.put(ownerId, summary);
  }

  /** Tries to write a file of a usual size if the last write failed. */
  private async probe(): Promise<void> {
    await this.disk.replace(this.layout.probe, '.'.repeat(PROBE_BYTES));
    await this.disk.remove(this.layout.probe);
  }

  /** Loads the stored data and ends generations of a dead process. */
  private async load(): Promise<void> {
    this.state.reset();
    await this.segments.load();
    const generations = await this.generationFiles.loadAll();
    const outboxes = generations.flatMap(({ outbox }) => outbox ?? []);
    await this.scan.run((found) => this.changes.recover([...found, ...outboxes]));
    await this.conversationFiles.completeDeletions();
    for (const { ownerId, summary } of this.catalog.all) this.state.index.put(ownerId, summary);
    for (const { row } of generations) await this.addGeneration(row);
    await recoverUsage(this.state, this.usageFiles);
    const ended = await this.coordination.endLeftovers(Date.now());
    if (ended > 0)
      this.logger.warn('Ended the generations of a process that died', { generations: ended });
    await recoverImages(this.state, this.imageFiles);
    // What was open then can be decided now.
    await this.images.sweep(Date.now());
    await this.catalog.flush();
  }

  /** Completes the deletion of its message if the last process died in the middle of it. */
  private async addGeneration({ isErasing, ...row }: GenerationRow): Promise<void> {
    const { ownerId, conversationId, messageId, key } = row;
    const isEnded = !isRunning(row) && !row.conversationDeleted && !row.stateless;
    const isGone =
      isEnded &&
      ((row.committed && !this.state.index.get(ownerId, conversationId)) ||
        (isErasing && !(await this.hasMessage(ownerId, conversationId, messageId))));
    if (isGone) await this.generationFiles.removeLog(key);
    const loaded = { ...row, isErasing: false, ...(isGone && ERASED) };
    if (isGone) await this.generationFiles.save(loaded);
    this.state.table.add(loaded);
  }

  private async hasMessage(ownerId: string, id: string, messageId: string): Promise<boolean> {
    const stored = await this.conversationFiles.load(ownerId, id);
    return stored !== null && stored.messages.placeOf(messageId) !== -1;
  }
}
