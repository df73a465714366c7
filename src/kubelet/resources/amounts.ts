import { parseQuantity, quantityMilliValue, quantityValue } from "../../machinery/quantity/quantity.ts"

/** Amounts by resource name: CPU in thousandths of a core, everything else in its own unit (bytes, pieces). */
export type Amounts = ReadonlyMap<string, number>

type ResourceList = Readonly<Record<string, string>>

export function amountsOf(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, amountOf(name, text)]))
}

function amountOf(name: string, text: string): number {
  const quantity = parseQuantity(text)
  return name === "cpu" ? quantityMilliValue(quantity) : quantityValue(quantity)
}

export function sumOf(...all: readonly Amounts[]): Amounts {
  const sum = new Map<string, number>()
  for (const amounts of all) {
    for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount)
  }
  return sum
}

export function maxOf(...all: readonly Amounts[]): Amounts {
  const max = new Map<string, number>()
  for (const amounts of all) {
    for (const [name, amount] of amounts) max.set(name, Math.max(max.get(name) ?? 0, amount))
  }
  return max
}
