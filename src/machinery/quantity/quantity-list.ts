import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantities,
  ZERO,
} from "./quantity.ts"

/** Amounts by resource name, exact. */
export type QuantityList = ReadonlyMap<string, Quantity>
type Texts = Readonly<Record<string, string>>

/** Throws `QuantityError` for text that validation would have refused. */
export function parseQuantities(texts: Texts | undefined): Map<string, Quantity> {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(text)]))
}

/** As objects hold them. */
export function formatQuantities(list: QuantityList): Record<string, string> {
  const texts: Record<string, string> = Object.create(null)
  for (const [name, quantity] of list) texts[name] = formatQuantity(quantity)
  return texts
}

/** `cpu=1,memory=1Gi`, as messages show amounts: sorted by name. */
export function describeQuantities(list: QuantityList): string {
  return [...list.keys()]
    .sort()
    .map((name) => `${name}=${formatQuantity(list.get(name) ?? ZERO)}`)
    .join(",")
}

export function addQuantityLists(left: QuantityList, right: QuantityList): Map<string, Quantity> {
  const sum = new Map(left)
  for (const [name, quantity] of right) {
    const before = sum.get(name)
    sum.set(name, before === undefined ? quantity : addQuantities(before, quantity))
  }
  return sum
}

/** What `left` has more than `right`, for the names of both; 0 where it has less. */
export function excessOf(left: QuantityList, right: QuantityList): Map<string, Quantity> {
  const excess = new Map<string, Quantity>()
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const difference = subtractQuantities(left.get(name) ?? ZERO, right.get(name) ?? ZERO)
    excess.set(name, difference.unscaled > 0n ? difference : ZERO)
  }
  return excess
}

/** Only these names. */
export function maskQuantities(list: QuantityList, names: ReadonlySet<string> | readonly string[]): QuantityList {
  const wanted = new Set(names)
  return new Map([...list].filter(([name]) => wanted.has(name)))
}

export function equalQuantities(left: QuantityList, right: QuantityList): boolean {
  if (left.size !== right.size) return false
  return [...left].every(([name, quantity]) => {
    const other = right.get(name)
    return other !== undefined && compareQuantities(quantity, other) === 0
  })
}
