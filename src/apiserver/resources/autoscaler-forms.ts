import { fromVersion2 } from "../../api/autoscaling/v1/from-version-2.ts"
import { HorizontalPodAutoscaler } from "../../api/autoscaling/v1/horizontal-pod-autoscaler.ts"
import { toVersion2 } from "../../api/autoscaling/v1/to-version-2.ts"
import { HorizontalPodAutoscaler as Autoscaler2 } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import type { OtherForm } from "./other-form.ts"

/** Autoscalers are stored as version 2, which can say more. */
export const autoscalerForm: OtherForm = {
  resource: HorizontalPodAutoscaler,
  storage: Autoscaler2,
  toStorage: toVersion2,
  fromStorage: fromVersion2,
  storageField: (path) => path,
}
