import { type CallEstimate, type CostNode, fixed, multiplyByFactor } from "../cost/estimate.ts"
import { TRAVERSAL } from "../ext/cost.ts"
import { Operator } from "../operators.ts"
import type { CelType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import {
  authorizerType,
  CelAccessObject,
  decisionType,
  groupCheckType,
  pathCheckType,
  resourceCheckType,
} from "./authorizer.ts"
import { CelCidr, cidrType } from "./cidr.ts"
import { CelFormat, formatType } from "./format.ts"
import { CelIp, ipType } from "./ip.ts"
import { CelQuantity, quantityType } from "./quantity.ts"
import { CelSemver, semverType } from "./semver.ts"
import { CelUrl, urlType } from "./url.ts"

const FORMAT_SIZE_MAX = 64

const ofOne: readonly CelType[] = [
  ipType,
  cidrType,
  quantityType,
  semverType,
  authorizerType,
  pathCheckType,
  groupCheckType,
  resourceCheckType,
  decisionType,
]

/** What comparing values of Kubernetes' types costs; undefined for all else. */
export function equalityCost(
  name: string,
  _: string,
  args: readonly CelValue[],
  _result: CelResult,
): number | undefined {
  if (name !== Operator.equals || args.length !== 2) return undefined
  const [left] = args
  const isOurs =
    left instanceof CelQuantity ||
    left instanceof CelIp ||
    left instanceof CelCidr ||
    left instanceof CelFormat ||
    left instanceof CelUrl ||
    left instanceof CelSemver ||
    left instanceof CelAccessObject
  return isOurs ? 1 : undefined
}

/** What comparing values of Kubernetes' types may cost; undefined for all else. */
export function estimateEquality(name: string, args: readonly CostNode[]): CallEstimate | undefined {
  const [left, right] = args
  if (name !== Operator.equals || left === undefined || right === undefined || !left.type.equals(right.type)) {
    return undefined
  }
  const { type } = left
  if (ofOne.some((one) => one.equals(type))) return { cost: fixed(1) }
  if (type.equals(formatType)) return { cost: multiplyByFactor({ min: 1, max: FORMAT_SIZE_MAX }, TRAVERSAL) }
  if (!type.equals(urlType)) return undefined
  return { cost: multiplyByFactor({ min: 1, max: Math.max(right.computedSize?.max ?? 1, 1) }, TRAVERSAL) }
}
