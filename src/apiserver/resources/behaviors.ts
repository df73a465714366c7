import { CertificateSigningRequest } from "../../api/certificates/v1/certificate-signing-request.ts"
import { Binding } from "../../api/core/v1/binding.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { withApproval } from "./certificates/approval.ts"
import type { KindBehavior } from "./hooks.ts"
import { namespaceBehavior } from "./namespaces.ts"
import { partialUpdate } from "./partial-update.ts"
import { handleBinding, handleLegacyBinding } from "./pods/binding.ts"
import { withEphemeralContainers } from "./pods/ephemeral-containers.ts"
import { handleEviction } from "./pods/eviction.ts"
import { withResources } from "./pods/resize.ts"

/** What the built-in kinds do besides being stored. Those with settings, such as services, are added by the caller. */
export const builtinBehaviors: readonly KindBehavior[] = [
  namespaceBehavior,
  {
    resource: Pod,
    subresources: new Map([
      ["binding", new Map([["create", handleBinding]])],
      ["eviction", new Map([["create", handleEviction]])],
      ["resize", partialUpdate((scope, old, sent) => withResources(scope, old as Pod, sent))],
      ["ephemeralcontainers", partialUpdate((scope, old, sent) => withEphemeralContainers(scope, old as Pod, sent))],
    ]),
  },
  {
    resource: CertificateSigningRequest,
    subresources: new Map([
      ["approval", partialUpdate((scope, old, sent) => withApproval(scope, old as CertificateSigningRequest, sent))],
    ]),
  },
  { resource: Binding, subresources: new Map([["", new Map([["create", handleLegacyBinding]])]]) },
]
