import { X509Certificate } from "node:crypto"
import {
  CertificateSigningRequest,
  type CertificateSigningRequestCondition,
} from "../../api/certificates/v1/certificate-signing-request.ts"
import { KUBELET_CLIENT_SIGNER, signers } from "../../api/certificates/v1/signers.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { KeyedCertificate } from "../../pki/certificate.ts"
import { signRequest } from "../../pki/sign-request.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { type AutoApproval, plan } from "./plan.ts"

/** Old requests are looked for so often. */
const CLEAN_MS = 3_600_000

const GROUP = "certificates.k8s.io"

/** Approves what kubelets ask for themselves, signs for Kubernetes' own signers, and clears old requests away. */
export function certificateController(issuer: KeyedCertificate): ControllerDefinition {
  return defineController({
    name: "certificate-controller",
    reads: [CertificateSigningRequest],
    writes: [
      { resource: CertificateSigningRequest, verbs: ["delete"] },
      { resource: CertificateSigningRequest, subresource: "approval", verbs: ["update"] },
      { resource: CertificateSigningRequest, subresource: "status", verbs: ["update"] },
    ],
    rights: [
      { apiGroups: [GROUP], resources: ["signers"], resourceNames: [KUBELET_CLIENT_SIGNER], verbs: ["approve"] },
      { apiGroups: [GROUP], resources: ["signers"], resourceNames: [...signers.keys()].sort(), verbs: ["sign"] },
      { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
    ],
    start(context) {
      context.enqueueOn(CertificateSigningRequest)
      return (key) => reconcile(context, issuer, key)
    },
  })
}

async function reconcile(context: ControllerContext, issuer: KeyedCertificate, key: string) {
  const request = context.informer(CertificateSigningRequest).get(key)
  if (request === undefined) return undefined
  const { client, platform } = context
  const requests = client.of(CertificateSigningRequest)
  const step = plan(request, platform.clock.nowMs(), endOf)
  const updateStatus = (change: Partial<CertificateSigningRequest["status"]>) =>
    requests.updateStatus({ ...request, status: { ...request.status, ...change } })
  switch (step.do) {
    case "delete":
      await requests.delete({ name: request.metadata.name }, { preconditions: { uid: request.metadata.uid } })
      return undefined
    case "ask":
      await approve(context, request, step.rights)
      break
    case "sign": {
      const signing = { usages: request.spec.usages ?? [], validMs: step.validMs }
      const certificate = signRequest(step.request, signing, issuer, platform)
      await updateStatus({ certificate: Buffer.from(certificate).toString("base64") })
      break
    }
    case "fail":
      await updateStatus({
        conditions: withCondition(context, request, "Failed", "SignerValidationFailure", step.message),
      })
  }
  return { againAfterMs: CLEAN_MS }
}

const endOf = (pem: string): number => new X509Certificate(pem).validToDate.getTime()

function withCondition(
  { platform }: ControllerContext,
  { status }: CertificateSigningRequest,
  type: string,
  reason: string,
  message: string,
): readonly CertificateSigningRequestCondition[] {
  const lastUpdateTime = timeFromMs(platform.clock.nowMs())
  return [...(status.conditions ?? []), { type, status: "True", reason, message, lastUpdateTime }]
}

/** Throws when nobody allows it: the right may be given later. */
async function approve(
  context: ControllerContext,
  request: CertificateSigningRequest,
  rights: readonly AutoApproval[],
): Promise<void> {
  const { client } = context
  for (const { subresource, message } of rights) {
    if (!(await isAllowed(context, request, subresource))) continue
    const conditions = withCondition(context, request, "Approved", "AutoApproved", message)
    const path = `/apis/${GROUP}/v1/certificatesigningrequests/${encodeURIComponent(request.metadata.name)}/approval`
    await client.raw.put(path, { ...request, status: { ...request.status, conditions } })
    return
  }
  const tried = rights.map(({ subresource }) => subresource).join(" ")
  throw new Error(`recognized csr "${request.metadata.name}" as [${tried}] but subject access review was not approved`)
}

async function isAllowed(
  { client }: ControllerContext,
  { spec }: CertificateSigningRequest,
  subresource: string,
): Promise<boolean> {
  const resource = "certificatesigningrequests"
  const review = await client.raw.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: { group: GROUP, version: "*", verb: "create", resource, subresource },
    },
  })
  return (review as { readonly status?: { readonly allowed?: boolean } }).status?.allowed === true
}
