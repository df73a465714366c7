import { deepClone } from "../../../machinery/patch/structure.ts"
import type { WriteContext } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from "./certificate-signing-request.ts"

interface RequestDraft {
  spec: Draft<CertificateSigningRequestSpec>
  status: Draft<CertificateSigningRequestStatus>
}
interface RequestObject {
  readonly spec: CertificateSigningRequestSpec
  readonly status: CertificateSigningRequestStatus
}

/** Who asks is known from the request, and no one can say anything else. */
export function prepareRequest({ spec }: RequestDraft, { user }: WriteContext): void {
  for (const member of ["username", "uid", "groups", "extra"] as const) delete spec[member]
  if (user.name !== "") spec.username = user.name
  if (user.uid) spec.uid = user.uid
  if (user.groups.length > 0) spec.groups = [...user.groups]
  if (user.extra.size === 0) return
  const extra = Object.create(null) as Record<string, string[]>
  for (const [key, values] of user.extra) extra[key] = [...values]
  spec.extra = extra
}

/** A request cannot be changed, and its status only through the subresources. */
export function prepareRequestUpdate(request: RequestDraft, old: RequestObject): void {
  request.spec = deepClone(old.spec) as RequestDraft["spec"]
}

/** The signer may not touch decisions: as many as there were before are put back. */
export function prepareRequestStatus({ status }: RequestDraft, old: RequestObject, { now }: WriteContext): void {
  const { conditions = [] } = status
  for (const type of ["Approved", "Denied"]) {
    const before = (old.status.conditions ?? []).filter((condition) => condition.type === type)
    const places = conditions.flatMap((condition, index) => (condition.type === type ? [index] : []))
    if (places.length !== before.length) continue
    for (const [i, place] of places.entries()) {
      conditions[place] = deepClone(before[i]) as (typeof conditions)[number]
    }
  }
  fillTimes(status, old.status, now)
}

/** Whoever approves decides about the conditions and nothing else. */
export function prepareApproval(request: RequestDraft, old: RequestObject, now: string): void {
  fillTimes(request.status, old.status, now)
  const { conditions } = request.status
  request.spec = deepClone(old.spec) as RequestDraft["spec"]
  request.status = deepClone(old.status) as RequestDraft["status"]
  if (conditions === undefined) delete request.status.conditions
  else request.status.conditions = conditions
}

function fillTimes(
  { conditions = [] }: Draft<CertificateSigningRequestStatus>,
  { conditions: before = [] }: CertificateSigningRequestStatus,
  now: string,
): void {
  for (const condition of conditions) {
    condition.lastUpdateTime ??= now
    const same = before.find(({ type, status }) => type === condition.type && status === condition.status)
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? now
  }
}
