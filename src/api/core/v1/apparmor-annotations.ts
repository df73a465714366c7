import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { PodDraft } from "./pod-object.ts"
import type { AppArmorProfile } from "./security-context.ts"

export const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
const LOCALHOST = "localhost/"

/** The profile that an annotation of the time before the field names; undefined when it names none. */
export function annotatedProfile(annotation: string): Draft<AppArmorProfile> | undefined {
  if (annotation === "unconfined") return { type: "Unconfined" }
  if (annotation === "runtime/default") return { type: "RuntimeDefault" }
  const name = annotation.startsWith(LOCALHOST) ? annotation.slice(LOCALHOST.length) : ""
  return name === "" ? undefined : { type: "Localhost", localhostProfile: name }
}

/** New pods that use the annotation get the field, so that only the field has to be obeyed. */
export function copyAppArmorAnnotations({ metadata, spec }: PodDraft): void {
  if (spec.os?.name === "windows") return
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    const annotation = metadata.annotations?.[APPARMOR_ANNOTATION + container.name]
    const profile = annotation === undefined ? undefined : annotatedProfile(annotation)
    if (profile === undefined || container.securityContext?.appArmorProfile !== undefined) continue
    // What the pod says already applies to the container.
    if (deepEqual(profile, spec.securityContext.appArmorProfile)) continue
    const context = (container.securityContext ??= {})
    context.appArmorProfile = profile
  }
}
