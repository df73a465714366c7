import { isObject } from "../../patch/structure.ts"
import { isUnchanged, NO_OLD, oldItemsOf, oldMemberOf } from "../../structural/correlate.ts"
import type { SchemaSource } from "../../structural/schema-source.ts"

/** A value with the earlier state that belongs to it. */
interface Known {
  readonly source: SchemaSource
  readonly value: unknown
  readonly old: unknown
}

/**
 * Which earlier state a value comes from: what was wrong before and did not change may stay wrong. Where a value itself
 * has none, the nearest value around it that has one decides.
 */
export class RuleCorrelation {
  /** For creation, and below what cannot be compared. */
  static readonly none = new RuleCorrelation(undefined, undefined)
  readonly #current: Known | undefined
  readonly #around: Known | undefined

  private constructor(current: Known | undefined, around: Known | undefined) {
    this.#current = current
    this.#around = around
  }

  /** Of a whole object. */
  static of(source: SchemaSource, value: unknown, old: unknown): RuleCorrelation {
    return new RuleCorrelation({ source, value, old }, undefined)
  }

  /** For the parts of `allOf`, whose errors stay only when what is around did not change. */
  get aroundOnly(): RuleCorrelation {
    return new RuleCorrelation(undefined, this.#around)
  }

  member(name: string): RuleCorrelation {
    const current = this.#current
    if (current === undefined) return this
    // Both states were converted to one version, so these two say nothing.
    if (this.#around === undefined && (name === "apiVersion" || name === "kind")) return RuleCorrelation.none
    return new RuleCorrelation(memberOf(current, name), current)
  }

  item(index: number): RuleCorrelation {
    const current = this.#current
    return current === undefined ? this : new RuleCorrelation(itemOf(current, index), current)
  }

  get isUnchanged(): boolean {
    const known = this.#current ?? this.#around
    return known !== undefined && isUnchanged(known.source, known.value, known.old)
  }
}

function memberOf({ source, value, old }: Known, name: string): Known | undefined {
  const oldMember = oldMemberOf(name, old)
  if (!isObject(value) || oldMember === NO_OLD) return undefined
  const member = memberSource(source, name)
  return member && { source: member, value: value[name], old: oldMember }
}

function itemOf({ source, value, old }: Known, index: number): Known | undefined {
  if (!Array.isArray(value)) return undefined
  const items = itemsSource(source)
  const oldItem = oldItemsOf(source, value, old)?.[index]
  if (items === undefined || oldItem === undefined || oldItem === NO_OLD) return undefined
  return { source: items, value: value[index], old: oldItem }
}

/** The schema of a member, named or not. */
export function memberSource(source: SchemaSource, name: string): SchemaSource | undefined {
  const { properties = {}, additionalProperties: others } = source
  if (Object.hasOwn(properties, name)) return properties[name]
  return typeof others === "object" ? others : undefined
}

export function itemsSource({ items }: SchemaSource): SchemaSource | undefined {
  return Array.isArray(items) ? undefined : (items as SchemaSource | undefined)
}
