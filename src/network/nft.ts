import type { Processes } from "../platform/processes.ts"

/** What tells one's own transactions from those of others. */
export interface RuleWriter {
  /** How many transactions the kernel took. It does not count those that change nothing. */
  applied(): number
  /** Whether one is under way. */
  busy(): boolean
}

/**
 * The one writer of nftables rules in a network namespace. A transaction is text for `nft -f`
 * (https://www.netfilter.org/projects/nftables/manpage.html): the kernel takes all of it or none of it, at one instant.
 *
 * Each transaction is a process of its own. Measured with 10,000 services: 11 to 16 ms, most of which is the kernel's
 * commit, so a long-lived `nft -i` would save 2 ms and cost an output parser.
 */
export interface Nft extends RuleWriter {
  /** Transactions are applied one after another, in the order of the calls. Rejects with nft's words and the rule. */
  apply(transaction: string): Promise<void>
  /**
   * In its turn, a transaction that needs no process. `work` resolves with whether it changed something; so does this.
   */
  directly(work: () => Promise<boolean>): Promise<boolean>
  /** The text of one table, or undefined when there is none. */
  list(table: string): Promise<string | undefined>
  /** The objects of `nft -j list …` (https://manpages.debian.org/bookworm/libnftables1/libnftables-json.5.en.html). */
  listJson(...what: string[]): Promise<readonly unknown[]>
}

/** `netns`: path of the namespace whose rules it writes; default: the process's own. */
export function createNft(processes: Pick<Processes, "run">, netns?: string): Nft {
  let last: Promise<unknown> = Promise.resolve()
  let applied = 0
  let underWay = 0

  function run(args: readonly string[], input: string) {
    if (netns === undefined) return processes.run("nft", args, { input })
    return processes.run("nsenter", [`--net=${netns}`, "nft", ...args], { input })
  }

  function inTurn(work: () => Promise<boolean>): Promise<boolean> {
    underWay++
    const done = last.then(async () => {
      try {
        const hasChanged = await work()
        if (hasChanged) applied++
        return hasChanged
      } finally {
        underWay--
      }
    })
    // One refused change must not hold up the ones behind it; its caller learns of it.
    last = done.catch(() => undefined)
    return done
  }

  return {
    applied: () => applied,
    busy: () => underWay > 0,
    directly: inTurn,
    async apply(transaction) {
      await inTurn(async () => {
        const result = await run(["-f", "-"], transaction)
        if (result.code !== 0) throw new Error(`nft refused a change: ${result.stderr.trim()}`)
        return true
      })
    },
    async list(table) {
      const result = await run(["list", "table", ...table.split(" ")], "")
      return result.code === 0 ? result.stdout : undefined
    },
    async listJson(...what) {
      const result = await run(["-j", "-a", "-t", "list", ...what], "")
      if (result.code !== 0) throw new Error(`nft cannot list ${what.join(" ")}: ${result.stderr.trim()}`)
      return (JSON.parse(result.stdout) as { readonly nftables: readonly unknown[] }).nftables
    },
  }
}

/** Text that removes a table, there or not: nft before 1.0.7 lacks `destroy`. */
export function removeTable(table: string): string {
  return `add table ${table}\ndelete table ${table}\n`
}
