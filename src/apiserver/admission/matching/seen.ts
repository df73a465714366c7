import type { KubeObject } from "../../../machinery/schema/resource.ts"
import type { UserInfo } from "../../call.ts"
import type { DraftObject } from "../../resources/draft.ts"
import type { AdmissionRequest } from "../plugin.ts"
import { type Invocation, inForm, sentForm } from "./forms.ts"
import type { FormsOf } from "./served-kinds.ts"

/** A request in the form in which a configuration wants to see it. */
export interface Seen extends Sent {
  readonly object: KubeObject | DraftObject | undefined
  readonly old: KubeObject | undefined
}

/** How the client sent it. */
export interface Sent {
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
}

export async function seenAs({ form }: Invocation, request: AdmissionRequest): Promise<Seen> {
  return {
    ...namesOf(request, form?.resource ?? request.resource),
    object: await inForm(request.object, form, request),
    old: await inForm(request.old, form, request),
  }
}

export function sentBy(request: AdmissionRequest, formsOf: FormsOf): Sent {
  return namesOf(request, sentForm(request, formsOf)?.resource ?? request.resource)
}

function namesOf(request: AdmissionRequest, resource: AdmissionRequest["resource"]): Sent {
  const { group, version, plural } = resource
  const kind = request.kind ?? resource
  return {
    resource: { group, version, resource: plural },
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
  }
}

/** An AdmissionRequest of `admission.k8s.io/v1` without uid and objects. */
export function requestObject(request: AdmissionRequest, sent: Sent, seen: Sent): object {
  const { subresource, name, namespace, operation, user, dryRun, options } = request
  return {
    kind: seen.kind,
    resource: seen.resource,
    ...(subresource !== "" && { subResource: subresource }),
    requestKind: sent.kind,
    requestResource: sent.resource,
    ...(subresource !== "" && { requestSubResource: subresource }),
    ...(name !== "" && { name }),
    ...(namespace !== "" && { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun,
    options: options?.() ?? null,
  }
}

function userInfo({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  }
}
