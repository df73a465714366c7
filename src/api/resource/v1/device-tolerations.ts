import type { DeviceTaint } from "./device.ts"
import type { DeviceToleration } from "./device-claim.ts"

type Toleration = Pick<DeviceToleration, "key" | "operator" | "value" | "effect">

/** Whether the toleration is about this taint. Whether the taint matters at all is another question: see `keepsAway`. */
export function toleratesTaint({ key, operator, value = "", effect }: Toleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === "Exists") return true
  return (operator ?? "Equal") === "Equal" && value === (taint.value ?? "")
}

/** Whether the taint keeps claims away that do not tolerate it. Other effects, `None` among them, only inform. */
export const keepsAway = ({ effect }: DeviceTaint): boolean => effect === "NoSchedule" || effect === "NoExecute"
