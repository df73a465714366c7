import type { AnyResource } from "../../machinery/schema/resource.ts"
import { autoscalerForm } from "./autoscaler-forms.ts"
import { eventForm } from "./event-forms.ts"
import type { OtherForm } from "./other-form.ts"

/** Every resource that is another form of one that is stored. */
export const otherForms: ReadonlyMap<AnyResource, OtherForm> = new Map(
  [autoscalerForm, eventForm].map((form) => [form.resource, form]),
)
