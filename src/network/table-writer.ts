import type { Clock } from "../platform/clock.ts"
import { type NftName, readChains, readSets } from "../platform/linux/netlink/ruleset.ts"
import type { Logger } from "../platform/log.ts"
import type { Processes } from "../platform/processes.ts"
import { createNft, type Nft, type RuleWriter, removeTable } from "./nft.ts"
import type { RuleBook, Transactions } from "./rule-book.ts"
import { guardTable, type TableGuard } from "./table-guard.ts"

export interface TableWriterOptions {
  /** Its family and its name. */
  readonly table: string
  readonly book: RuleBook
  readonly platform: { readonly processes: Pick<Processes, "run">; readonly clock: Clock; readonly log: Logger }
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns: string | undefined
  /** Called after each change, when the kernel has it. */
  readonly onWritten?: () => void
}

const RETRY_FIRST_MS = 100
const RETRY_LONGEST_MS = 30_000

/** Keeps one nftables table in step with a rule book: what changes while it writes goes into its next transaction. */
export class TableWriter {
  readonly #options: TableWriterOptions
  readonly #nft: Nft
  readonly #guard: TableGuard
  readonly #log: Logger
  readonly #stop = new AbortController()
  #started = false
  #whole = true
  #writing: Promise<void> | undefined

  constructor(options: TableWriterOptions) {
    this.#options = options
    this.#log = options.platform.log.with({ table: options.table })
    this.#nft = createNft(options.platform.processes, options.netns)
    this.#guard = guardTable(this.#nft, options.table, () => this.#rewrite())
  }

  get counts(): RuleWriter {
    return this.#nft
  }

  get started(): boolean {
    return this.#started
  }

  /**
   * Begins to write, whole. Until then the kernel keeps what an earlier process left there, so this is called when all
   * is known.
   */
  async start(): Promise<void> {
    this.#started = true
    this.#write()
    await this.settled()
  }

  /** To be called after changes of the book. */
  changed(): void {
    if (this.#started && this.#options.book.changed) this.#write()
  }

  /** Resolves when all that was set before is in the kernel, or writing has ended for good. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /**
   * Someone may edit our rules, or flush the whole rule set (a firewall that is restarted does). Returns what was not as
   * it should be, in words.
   */
  async repair(): Promise<string[]> {
    if (!this.#started || this.#stop.signal.aborted || this.#writing) return []
    return (await this.#guard.check()) ? [`the rules of the table ${this.#options.table} were not as written`] : []
  }

  /** Stops writing. The rules stay and go on working. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.settled()
  }

  /** Also removes the table. */
  async destroy(): Promise<void> {
    await this.close()
    await this.#nft.apply(removeTable(this.#options.table))
  }

  /** One writer at a time. */
  #write(): void {
    this.#writing ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    const { book, platform } = this.#options
    let pauseMs = RETRY_FIRST_MS
    // Everything that is told in the same turn of the event loop becomes one transaction.
    await Promise.resolve()
    while (!this.#stop.signal.aborted && (this.#whole || book.changed)) {
      try {
        if (this.#whole) await this.#writeWhole()
        else await this.#apply(book.takeDifference())
        this.#options.onWritten?.()
        pauseMs = RETRY_FIRST_MS
      } catch (error) {
        this.#log.error("cannot write rules, will write all of them again", { error, pauseMs })
        this.#whole = true
        await platform.clock.sleep(pauseMs, this.#stop.signal).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, RETRY_LONGEST_MS)
      }
    }
    // In the same turn as the last look at what changed, so that no change falls between.
    this.#writing = undefined
  }

  async #writeWhole(): Promise<void> {
    const { book } = this.#options
    try {
      await this.#apply(book.takeWhole(this.#present()))
    } catch (error) {
      this.#log.warn("found a table that cannot be brought into shape, making it anew", { error })
      await this.#nft.apply(book.takeAnew())
    }
    this.#whole = false
  }

  async #apply({ main, cleanUp }: Transactions): Promise<void> {
    this.#guard.changed()
    if (main !== "") await this.#nft.apply(main)
    if (cleanUp !== "") await this.#nft.apply(cleanUp)
  }

  #present(): { readonly kind: "chain" | "set"; readonly name: string }[] {
    const { netns, table } = this.#options
    const isOwn = (each: NftName) => `${each.family} ${each.table}` === table
    const chains = readChains(netns).filter(isOwn)
    const sets = readSets(netns).filter(isOwn)
    return [
      ...chains.map(({ name }) => ({ kind: "chain" as const, name })),
      ...sets.map(({ name }) => ({ kind: "set" as const, name })),
    ]
  }

  async #rewrite(): Promise<void> {
    this.#whole = true
    this.#write()
    await this.settled()
  }
}
