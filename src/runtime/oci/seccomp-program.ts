import { compileSeccomp } from "../../platform/linux/seccomp.ts"
import type { OciHandler } from "./handlers.ts"
import type { OciSeccomp } from "./spec/types.ts"

/**
 * crun loads this program in place of compiling the profile, which would take longer than the rest of a start. The
 * profile stays in the specification for `exec`, for runc, and for a crun that no longer knows the annotation.
 */
const BPF_ANNOTATION = "run.oci.seccomp_bpf_data"

const programs = new Map<string, string | null>()
/** Profiles differ by the capabilities of the container, so few are ever seen. */
const PROGRAMS_MAX = 64

export function seccompAnnotations(
  handler: OciHandler,
  seccomp: OciSeccomp | undefined,
): { readonly annotations?: Readonly<Record<string, string>> } {
  if (seccomp === undefined || handler.name !== "crun") return {}
  const key = JSON.stringify(seccomp)
  let program = programs.get(key)
  if (program === undefined) {
    program = compileSeccomp(seccomp)?.toString("base64") ?? null
    if (programs.size < PROGRAMS_MAX) programs.set(key, program)
  }
  return program === null ? {} : { annotations: { [BPF_ANNOTATION]: program } }
}
