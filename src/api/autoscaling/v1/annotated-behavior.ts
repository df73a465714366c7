import { DecodeError, decodeValue } from "../../../machinery/decode/decode.ts"
import { isObject } from "../../../machinery/patch/structure.ts"
import { HorizontalPodAutoscalerBehavior } from "../v2/scaling-behavior.ts"
import { goJson, parse } from "./annotated-metrics.ts"

/** How fast pods come and go, in an annotation of version 1: names begin with capital letters, and nothing is null. */

export function annotateBehavior({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): string {
  return goJson({ ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) })
}

function rules(value: HorizontalPodAutoscalerBehavior["scaleUp"]): unknown {
  if (value === undefined) return null
  return {
    StabilizationWindowSeconds: value.stabilizationWindowSeconds ?? null,
    SelectPolicy: value.selectPolicy ?? null,
    Policies:
      value.policies?.map(({ type, value: amount, periodSeconds }) => ({
        Type: type,
        Value: amount,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: value.tolerance ?? null,
  }
}

/** Undefined when the text is not what Kubernetes would write, or says nothing. */
export function readBehavior(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  const value = uncapitalized(parse(text))
  if (!isObject(value)) return undefined
  try {
    const behavior = decodeValue(HorizontalPodAutoscalerBehavior, value) as HorizontalPodAutoscalerBehavior
    return behavior.scaleUp === undefined && behavior.scaleDown === undefined ? undefined : behavior
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => [
    `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
    uncapitalized(member),
  ])
  return Object.fromEntries(members)
}
