import type { CertificateSigningRequest } from "../../../api/certificates/v1/certificate-signing-request.ts"
import { prepareApproval } from "../../../api/certificates/v1/request-strategy.ts"
import { validateApproval } from "../../../api/certificates/v1/validation/certificate-signing-request.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { DraftObject } from "../draft.ts"
import { throwInvalid } from "../prepare.ts"
import { type Scope, writeContext } from "../scope.ts"

/** The request with the decision that was sent. */
export function withApproval(scope: Scope, old: CertificateSigningRequest, sent: DraftObject): DraftObject {
  const draft = sent as unknown as Draft<CertificateSigningRequest>
  prepareApproval(draft, old, writeContext(scope).now)
  throwInvalid(scope.resource, sent.metadata, validateApproval(draft, old))
  return sent
}
