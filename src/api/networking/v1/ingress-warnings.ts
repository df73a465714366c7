import { quote } from "../../../machinery/field/quote.ts"
import type { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { ipWarnings } from "../../../machinery/names/address-warnings.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { IngressSpec, IngressStatus } from "./ingress.ts"
import { CLASS_ANNOTATION } from "./validation/ingress.ts"

interface IngressObject {
  readonly metadata: ObjectMeta
  readonly spec: IngressSpec
  readonly status: IngressStatus
}

/** On creation about the old way to name the class, on changes of the status about how addresses are written. */
export function ingressWarnings({ metadata, spec, status }: IngressObject, old?: IngressObject): readonly string[] {
  if (old !== undefined) return deepEqual(status, old.status) ? [] : statusWarnings(status)
  if (metadata.annotations?.[CLASS_ANNOTATION] === undefined || spec.ingressClassName !== undefined) return []
  return [`annotation ${quote(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead`]
}

function statusWarnings({ loadBalancer }: IngressStatus): readonly string[] {
  return (loadBalancer.ingress ?? []).flatMap(({ ip = "" }, index) =>
    ipWarnings(ip, `status.loadBalancer.ingress[${index}]`),
  )
}
