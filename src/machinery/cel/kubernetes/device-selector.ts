import { activationOf } from "../activation.ts"
import { CelMap, ValueMap } from "../map.ts"
import type { CelProgram } from "../program.ts"
import { anyType, boolType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { typeOf } from "../values/type-of.ts"
import { typeText } from "./admission-expression.ts"
import { deviceCosts, deviceEnvironment } from "./device-environment.ts"
import { compileExpression } from "./environment.ts"
import { CelQuantity } from "./quantity.ts"
import { parseAmount, QuantityError } from "./quantity-amount.ts"
import { CelSemver } from "./semver.ts"
import { parseSemver, SemverError } from "./semver-version.ts"

/** The most that one selector may be estimated to cost, and may cost for one device. */
export const DEVICE_SELECTOR_COST_MAX = 1_000_000

/** Facts about a device, as resource slices have them. Names without a domain belong to the driver. */
export interface SelectableDevice {
  readonly allowMultipleAllocations?: boolean
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly capacity?: Readonly<Record<string, { readonly value: string }>>
}

/** One of them is set. */
export interface AttributeValue {
  readonly int?: number
  readonly bool?: boolean
  readonly string?: string
  readonly version?: string
}

/** A selector that is ready, or what is wrong with it in Kubernetes' words. */
export type DeviceSelectorExpression =
  | {
      readonly ok: true
      /** What one evaluation may cost. */
      readonly costMax: number
      /** Throws `DeviceSelectorError` when it cannot tell. */
      readonly matches: (driver: string, device: SelectableDevice) => boolean
    }
  | { readonly ok: false; readonly message: string }

/** Why a selector has no answer for a device. */
export class DeviceSelectorError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "DeviceSelectorError"
  }
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ */
export function compileDeviceSelector(source: string): DeviceSelectorExpression {
  const environment = deviceEnvironment()
  const compiled = compileExpression(environment, source)
  if (!compiled.ok) {
    const prefix = compiled.stage === "compilation" ? "compilation failed" : "program instantiation failed"
    return { ok: false, message: `${prefix}: ${compiled.message}` }
  }
  const { ast, program, resultType } = compiled
  // An attribute's value has a type only when it is there.
  if (!resultType.equals(boolType) && !resultType.equals(anyType)) {
    return { ok: false, message: `must evaluate to bool or the unknown type, not ${typeText(resultType)}` }
  }
  const costMax = environment.estimateCost(ast, deviceCosts).max
  return { ok: true, costMax, matches: (driver, device) => evaluate(program, driver, device) }
}

function evaluate(program: CelProgram, driver: string, device: SelectableDevice): boolean {
  const attributes = byDomain(driver, device.attributes, attributeValue)
  const capacity = byDomain(driver, device.capacity, ({ value }) => new CelQuantity(parseAmount(value)))
  const variable = ValueMap.ofStrings([
    ["driver", driver],
    ["allowMultipleAllocations", device.allowMultipleAllocations ?? false],
    ["attributes", attributes],
    ["capacity", capacity],
  ])
  const evaluation = program.evaluate(activationOf([["device", variable]]), { costLimit: DEVICE_SELECTOR_COST_MAX })
  if (!evaluation.ok) throw new DeviceSelectorError(evaluation.error.message)
  if (typeof evaluation.value === "boolean") return evaluation.value
  const { name } = typeOf(evaluation.value)
  const why = `type conversion error from '${name.replace("kubernetes.", "")}' to 'bool'`
  throw new DeviceSelectorError(`CEL result of type ${name} could not be converted to bool: ${why}`)
}

function attributeValue({ int, bool, string, version }: AttributeValue): CelValue {
  if (int !== undefined) return BigInt(int)
  if (bool !== undefined) return bool
  if (string !== undefined) return string
  if (version === undefined) throw new DeviceSelectorError("unsupported attribute value")
  try {
    return new CelSemver(parseSemver(version))
  } catch (error) {
    if (!(error instanceof SemverError)) throw error
    throw new DeviceSelectorError(`parse semantic version: ${error.message}`)
  }
}

function byDomain<T>(driver: string, facts: Readonly<Record<string, T>> = {}, valueOf: (fact: T) => CelValue): CelMap {
  const domains = new Map<string, [string, CelValue][]>()
  for (const [name, fact] of Object.entries(facts)) {
    const slash = name.indexOf("/")
    const domain = slash < 0 ? driver : name.slice(0, slash)
    const entries = domains.get(domain) ?? []
    domains.set(domain, entries)
    entries.push([name.slice(slash + 1), valueOfFact(name, fact, valueOf)])
  }
  return new Domains(Array.from(domains, ([domain, entries]) => [domain, ValueMap.ofStrings(entries)]))
}

function valueOfFact<T>(name: string, fact: T, valueOf: (fact: T) => CelValue): CelValue {
  try {
    return valueOf(fact)
  } catch (error) {
    if (error instanceof DeviceSelectorError || error instanceof QuantityError) {
      throw new DeviceSelectorError(`attribute ${name}: ${error.message}`)
    }
    throw error
  }
}

/** A domain that a device has nothing of is empty rather than missing. */
class Domains extends CelMap {
  readonly #domains: ValueMap

  constructor(domains: readonly (readonly [string, ValueMap])[]) {
    super()
    this.#domains = ValueMap.ofStrings(domains)
  }

  get size(): number {
    return this.#domains.size
  }

  find(key: CelValue): CelResult | undefined {
    return this.#domains.find(key) ?? ValueMap.empty
  }

  has(key: CelValue): boolean {
    return this.#domains.has(key)
  }

  override hasEntry(): boolean {
    return true
  }

  keys(): Iterable<CelValue> {
    return this.#domains.keys()
  }
}
