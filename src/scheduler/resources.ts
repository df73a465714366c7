import type { Amounts } from "../api/core/v1/pod-resources.ts"

/** Amounts by resource that are added up and compared often: cpu and memory, which nearly every pod has, as plain fields. */
export class Resources {
  /** In thousandths of a core. */
  cpu = 0
  /** In bytes. */
  memory = 0
  readonly others = new Map<string, number>()

  static of(amounts: Amounts): Resources {
    const resources = new Resources()
    for (const [name, amount] of amounts) resources.#add(name, amount)
    return resources
  }

  get(name: string): number {
    if (name === "cpu") return this.cpu
    if (name === "memory") return this.memory
    return this.others.get(name) ?? 0
  }

  add(more: Resources, sign: 1 | -1): void {
    this.cpu += sign * more.cpu
    this.memory += sign * more.memory
    if (more.others.size > 0) for (const [name, amount] of more.others) this.#add(name, sign * amount)
  }

  equals(other: Resources): boolean {
    if (this.cpu !== other.cpu || this.memory !== other.memory || this.others.size !== other.others.size) return false
    for (const [name, amount] of this.others) if (other.others.get(name) !== amount) return false
    return true
  }

  #add(name: string, amount: number): void {
    if (name === "cpu") this.cpu += amount
    else if (name === "memory") this.memory += amount
    else this.others.set(name, (this.others.get(name) ?? 0) + amount)
  }
}
