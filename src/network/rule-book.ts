import { removeTable } from "./nft.ts"

/**
 * What a table is made of. An item is one thing in the kernel that can be added and removed by itself; its key says what
 * and where, its value what it holds:
 *
 * | key                                              | value                                   |
 * |--------------------------------------------------|-----------------------------------------|
 * | `element service-ips 10.96.0.1 . tcp . 80`       | in a map: a verdict, such as `goto pick-2`, or data |
 * | `element hairpin 10.244.0.2 . 10.244.0.2`        | in a set: nothing                       |
 * | `chain local-1f0c2a9b/default/web/tcp/80`        | rules, one a line, at least one         |
 * | `set clients-5c1e22d0-10800`                     | its declaration: `type ipv4_addr; …`    |
 */
export type Items = ReadonlyMap<string, string>

/** What a table holds whatever its items are. */
export interface BaseTable {
  /** Makes maps and shared chains, there or not, and leaves the maps empty. */
  readonly text: string
  /** Of its chains and sets. */
  readonly names: ReadonlySet<string>
}

/** Two transactions. What is no longer used goes in the second: a kernel may still count the uses that the first ended. */
export interface Transactions {
  readonly main: string
  readonly cleanUp: string
}

/**
 * What the table should hold, by owner, and what was last written. Owners may want the same item (two services share an
 * endpoint or claim one external address): the first owner in order of names has its way, and the item stays until the
 * last one lets go.
 */
export class RuleBook {
  readonly #table: string
  readonly #base: BaseTable
  readonly #byOwner = new Map<string, Items>()
  readonly #wanted = new Map<string, Map<string, string>>()
  readonly #written = new Map<string, string>()
  readonly #dirty = new Set<string>()

  /** `table`: its family and its name. */
  constructor(table: string, base: BaseTable) {
    this.#table = table
    this.#base = base
  }

  get changed(): boolean {
    return this.#dirty.size > 0
  }

  /** All that `owner` wants from now on. */
  set(owner: string, items: Items): void {
    for (const key of this.#byOwner.get(owner)?.keys() ?? []) {
      if (items.has(key)) continue
      const owners = this.#wanted.get(key)
      owners?.delete(owner)
      if (owners?.size === 0) this.#wanted.delete(key)
      this.#touch(key)
    }
    for (const [key, value] of items) {
      this.#wanted.getOrInsertComputed(key, () => new Map()).set(owner, value)
      this.#touch(key)
    }
    if (items.size === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, items)
  }

  /** Text that brings the kernel from what was last written to what is wanted. It counts as written from now on. */
  takeDifference(): Transactions {
    const changes = [...this.#dirty].map((key) => ({ key, before: this.#written.get(key), after: this.#value(key) }))
    this.#commit()
    return {
      main: render(this.#table, changes, false),
      cleanUp: renderRemovals(
        this.#table,
        changes.flatMap(({ key, after }) => (after === undefined ? [key] : [])),
      ),
    }
  }

  /**
   * Text that makes the table hold exactly what is wanted, whatever is in the kernel: `present` are the names of the
   * table's chains and sets. Sets that packets fill (`dynamic`) and that are still wanted keep what they have.
   */
  takeWhole(present: readonly { readonly kind: "chain" | "set"; readonly name: string }[]): Transactions {
    const changes = [...this.#wanted.keys()].map((key) => ({ key, before: undefined, after: this.#value(key) }))
    this.#commit()
    const stale = present
      .filter(({ name }) => !this.#base.names.has(name))
      .map(({ kind, name }) => `${kind} ${name}`)
      .filter((key) => !this.#wanted.has(key))
    return {
      main: this.#base.text + render(this.#table, changes, true),
      cleanUp: renderRemovals(this.#table, stale),
    }
  }

  /** Like `takeWhole`, for a table that cannot be brought into shape: it is made anew. */
  takeAnew(): string {
    return removeTable(this.#table) + this.takeWhole([]).main
  }

  /** The value that counts, among the owners'. */
  #value(key: string): string | undefined {
    const owners = this.#wanted.get(key)
    if (!owners) return undefined
    let first: string | undefined
    for (const owner of owners.keys()) if (first === undefined || owner < first) first = owner
    return first === undefined ? undefined : owners.get(first)
  }

  #touch(key: string): void {
    if (this.#value(key) === this.#written.get(key)) this.#dirty.delete(key)
    else this.#dirty.add(key)
  }

  #commit(): void {
    for (const key of this.#dirty) {
      const value = this.#value(key)
      if (value === undefined) this.#written.delete(key)
      else this.#written.set(key, value)
    }
    this.#dirty.clear()
  }
}

interface ItemChange {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Sets and chains first, as rules and elements refer to them. `anew`: nobody knows what sets hold. */
function render(table: string, changes: readonly ItemChange[], anew: boolean): string {
  const [sets, chains, rules, removals, additions]: string[][] = [[], [], [], [], []]
  const elements = new Map<string, { readonly removed: string[]; readonly added: string[] }>()
  for (const { key, before, after } of changes) {
    const [kind = "", name = "", ...rest] = key.split(" ")
    if (kind === "element") {
      const group = elements.getOrInsertComputed(name, () => ({ removed: [], added: [] }))
      const element = rest.join(" ")
      if (before !== undefined) group.removed.push(element)
      if (after !== undefined) group.added.push(after === "" ? element : `${element} : ${after}`)
    } else if (after !== undefined && kind === "set") {
      sets?.push(`add set ${table} ${name} { ${after} }`)
      if (anew && !after.includes("dynamic")) sets?.push(`flush set ${table} ${name}`)
    } else if (after !== undefined) {
      chains?.push(`add chain ${table} ${name}`, `flush chain ${table} ${name}`)
      rules?.push(...after.split("\n").map((rule) => `add rule ${table} ${name} ${rule}`))
    }
  }
  for (const [map, { removed, added }] of elements) {
    if (removed.length > 0) removals?.push(`delete element ${table} ${map} { ${removed.join(", ")} }`)
    if (added.length > 0) additions?.push(`add element ${table} ${map} { ${added.join(", ")} }`)
  }
  return [sets, chains, rules, removals, additions]
    .map((lines) => (lines ?? []).map((line) => `${line}\n`).join(""))
    .join("")
}

/** Chains before the sets that their rules use; emptied first, as they refer to each other. */
function renderRemovals(table: string, keys: readonly string[]): string {
  const named = (kind: string) =>
    keys.filter((key) => key.startsWith(`${kind} `)).map((key) => key.slice(kind.length + 1))
  const chains = named("chain")
  const lines = [
    ...chains.map((name) => `flush chain ${table} ${name}`),
    ...chains.map((name) => `delete chain ${table} ${name}`),
    ...named("set").map((name) => `delete set ${table} ${name}`),
  ]
  return lines.map((line) => `${line}\n`).join("")
}
