import { CertificateSigningRequest } from "../../../api/certificates/v1/certificate-signing-request.ts"
import {
  CertificateRequestError,
  parseCertificateRequest,
} from "../../../machinery/certificates/certificate-request.ts"
import { quote } from "../../../machinery/field/quote.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Authorizer, UserInfo } from "../../call.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/** Who may approve and sign requests for certificates, and what they may ask for. */

type AuthorizerOf = () => Authorizer

/** Approving needs the right to approve for this signer. */
export function certificateApproval(authorizer: AuthorizerOf): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    resources: [CertificateSigningRequest],
    validate: async (request) => {
      if (!isUpdateOf(request, "approval")) return
      const { signerName } = (request.old as unknown as CertificateSigningRequest).spec
      if (await mayUseSigner(authorizer(), request.user, "approve", signerName)) return
      throw refusal(request, `user not permitted to approve requests with signerName ${quote(signerName)}`)
    },
  }
}

/** Issuing the certificate needs the right to sign for this signer. */
export function certificateSigning(authorizer: AuthorizerOf): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    resources: [CertificateSigningRequest],
    validate: async (request) => {
      if (!isUpdateOf(request, "status")) return
      const { status } = request.object as unknown as CertificateSigningRequest
      const { status: old, spec } = request.old as unknown as CertificateSigningRequest
      const sameConditions = deepEqual(status.conditions ?? [], old.conditions ?? [])
      if (sameConditions && (status.certificate ?? "") === (old.certificate ?? "")) return
      if (await mayUseSigner(authorizer(), request.user, "sign", spec.signerName)) return
      throw refusal(request, `user not permitted to sign requests with signerName ${quote(spec.signerName)}`)
    },
  }
}

function isUpdateOf(request: AdmissionRequest, subresource: string): boolean {
  const { operation } = request
  return operation === "UPDATE" && request.subresource === subresource && isResource(request, CertificateSigningRequest)
}

/** For the signer itself, or for all signers of its domain. */
async function mayUseSigner(authorizer: Authorizer, user: UserInfo, verb: string, signer: string): Promise<boolean> {
  const names = [signer, `${signer.split("/", 1)[0] ?? ""}/*`]
  for (const name of names) {
    const { allowed } = await authorizer.authorize(user, {
      isResource: true,
      path: "",
      verb,
      group: "certificates.k8s.io",
      version: "*",
      namespace: "",
      resource: "signers",
      subresource: "",
      name,
      rest: "",
    })
    if (allowed) return true
  }
  return false
}

const CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
const MASTERS = "system:masters"

/** No request makes its owner a master of the cluster. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  resources: [CertificateSigningRequest],
  validate: (request) => {
    const { operation, subresource } = request
    if (operation !== "CREATE" || subresource !== "" || !isResource(request, CertificateSigningRequest)) return
    const { spec } = request.object as unknown as CertificateSigningRequest
    if (spec.signerName !== CLIENT_SIGNER || !organizationsOf(request, spec.request).includes(MASTERS)) return
    throw refusal(request, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`)
  },
}

function organizationsOf(request: AdmissionRequest, pkcs10: string): readonly string[] {
  try {
    return parseCertificateRequest(Buffer.from(pkcs10, "base64").toString()).organizations
  } catch (error) {
    if (error instanceof CertificateRequestError) throw refusal(request, `failed to parse CSR: ${error.message}`)
    throw error
  }
}
