/** The variables of the comprehensions around an expression, and where they are kept. Immutable. */
export class Locals {
  static readonly none = new Locals(new Map(), 0)
  readonly #slots: ReadonlyMap<string, number>
  /** The first place that nothing around needs. */
  readonly next: number

  constructor(slots: ReadonlyMap<string, number>, next: number) {
    this.#slots = slots
    this.next = next
  }

  slot(name: string): number | undefined {
    return this.#slots.get(name)
  }

  /** Whether the name, or what stands before its first dot, is one of them. */
  holds(qualified: string): boolean {
    const dot = qualified.indexOf(".")
    return this.#slots.has(dot < 0 ? qualified : qualified.slice(0, dot))
  }

  /** With one more variable in this place. */
  with(name: string, slot: number): Locals {
    return new Locals(new Map(this.#slots).set(name, slot), this.next)
  }

  /** The same variables, with places kept free. */
  reserve(count: number): Locals {
    return new Locals(this.#slots, this.next + count)
  }
}
