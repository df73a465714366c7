import type { StringMap } from "./sandbox.ts"

/** Whether `labels` hold everything that `selector` asks for. */
export function matchesLabels(labels: StringMap, selector: StringMap = {}): boolean {
  return Object.entries(selector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
}
