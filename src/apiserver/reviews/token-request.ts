import { type BoundObjectReference, TokenRequest } from "../../api/authentication/v1/token-request.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { invalid as invalidField } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import type { AnyResource, ObjectOf } from "../../machinery/schema/resource.ts"
import { badRequest, conflict, invalid, notFound } from "../../machinery/status/errors.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Clock } from "../../platform/clock.ts"
import { askedBy } from "../admission/asked-by.ts"
import type { AdmissionChain } from "../admission/chain.ts"
import type { AdmissionRequest, ObjectReader } from "../admission/plugin.ts"
import type { BoundObject, TokenAuthority, TokenSubject } from "../authentication/service-account-token.ts"
import type { ApiCall, CallHandler } from "../call.ts"
import type { DraftObject } from "../resources/draft.ts"
import { optionsObject, writeOptions } from "../resources/request-options.ts"
import { createReview, type Question } from "./review.ts"

/** Makes tokens for service accounts. https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export interface TokenRequestOptions {
  readonly authority: Pick<TokenAuthority, "issue" | "audience">
  readonly reader: Pick<ObjectReader, "getFresh">
  readonly admission: AdmissionChain
  readonly clock: Pick<Clock, "nowMs">
}

const TYPE = { group: "authentication.k8s.io", kind: "TokenRequest" }
const SECONDS_MIN = 600
const SECONDS_MAX = 2 ** 32
/** What pods' default token asks for; it is recognized by being odd. */
const DEFAULT_POD_SECONDS = 3607
/** Programs that never read their token again go on working for this long, as in Kubernetes. */
const EXTENDED_SECONDS = 365 * 24 * 3600

export function createTokenRequest(options: TokenRequestOptions): CallHandler {
  const { authority, reader, admission, clock } = options
  return createReview(TokenRequest, async (question, call) => {
    const { namespace, name } = call.info
    checkPlace(question, call)
    const account = await existing(reader, ServiceAccount, namespace, name)
    const { uid } = account.metadata
    if (question.metadata.uid && question.metadata.uid !== uid) {
      const why = `the UID in the token request (${question.metadata.uid}) does not match the UID of the service account (${uid})`
      throw conflict({ group: TYPE.group, resource: TYPE.kind }, name, why)
    }
    const nowMs = clock.nowMs()
    const creationTimestamp = timeFromMs(nowMs)
    const metadata = { ...question.metadata, name, namespace, uid, creationTimestamp }
    const admitted = admissionRequest(call, { ...question, metadata })
    await admission.mutate(admitted)
    const { spec: asked } = admitted.object as unknown as Question<typeof TokenRequest>
    const seconds = Number(asked.expirationSeconds)
    checkSeconds(seconds)
    // What the client asked for is what admission judges: the audience that is filled in is ours.
    await admission.validate(admitted)
    const { audiences: named = [] } = asked
    const audiences = named.length === 0 ? [authority.audience] : named
    const spec = { ...asked, audiences }
    const request = { ...question, metadata, spec }
    const bound = await boundObjects(reader, namespace, name, spec.boundObjectRef)
    const isForApi = audiences.every((audience) => audience === authority.audience)
    const isExtended = bound.pod !== undefined && seconds === DEFAULT_POD_SECONDS && isForApi
    const issued = authority.issue({
      namespace,
      name,
      uid,
      ...bound,
      audiences,
      expirationSeconds: isExtended ? EXTENDED_SECONDS : seconds,
      ...(isExtended && { warnAfterSeconds: seconds }),
    })
    call.annotate("authentication.kubernetes.io/issued-credential-id", `JTI=${issued.id}`)
    const expirationTimestamp = timeFromMs(nowMs + seconds * 1000)
    return { ...request, status: { token: issued.token, expirationTimestamp } }
  })
}

function checkPlace({ metadata }: Question<typeof TokenRequest>, { info }: ApiCall): void {
  const at = FieldPath.root("metadata")
  for (const [member, found, expected] of [
    ["name", metadata.name, info.name],
    ["namespace", metadata.namespace, info.namespace],
  ] as const) {
    if (!found || found === expected) continue
    const why = `must match the service account ${member} if specified`
    throw invalid(TYPE, info.name, [invalidField(at.child(member), found, why)])
  }
}

function checkSeconds(seconds: number): void {
  const at = FieldPath.root("spec").child("expirationSeconds")
  if (seconds < SECONDS_MIN) {
    throw invalid(TYPE, "", [invalidField(at, seconds, "may not specify a duration less than 10 minutes")])
  }
  if (seconds > SECONDS_MAX) {
    throw invalid(TYPE, "", [invalidField(at, seconds, "may not specify a duration larger than 2^32 seconds")])
  }
}

function admissionRequest(call: ApiCall, object: object): AdmissionRequest {
  const { info } = call
  return {
    operation: "CREATE",
    resource: ServiceAccount,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: writeOptions(call, "CreateOptions").dryRun,
    object: object as unknown as DraftObject,
    old: undefined,
    kind: TokenRequest,
    options: () => optionsObject(call, "CreateOptions"),
    ...askedBy(call),
  }
}

type Bound = Pick<TokenSubject, "pod" | "node" | "secret">
type Reader = TokenRequestOptions["reader"]

async function boundObjects(
  reader: Reader,
  namespace: string,
  account: string,
  reference: BoundObjectReference | undefined,
): Promise<Bound> {
  if (reference === undefined) return {}
  const { apiVersion = "", kind = "", name = "", uid = "" } = reference
  const found = apiVersion.includes("/") ? undefined : await boundTo(reader, namespace, account, kind, name)
  if (found === undefined) {
    const slash = apiVersion.indexOf("/")
    const type = slash < 0 ? `/${apiVersion}` : apiVersion
    throw badRequest(`cannot bind token to object of type ${type}, Kind=${kind}`)
  }
  const { owner, ...bound } = found
  if (uid !== "" && owner.uid !== uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict({ group: "", resource: kind }, name, why)
  }
  return bound
}

async function boundTo(
  reader: Reader,
  namespace: string,
  account: string,
  kind: string,
  name: string,
): Promise<(Bound & { readonly owner: BoundObject }) | undefined> {
  switch (kind) {
    case "Pod": {
      const { metadata, spec } = await existing(reader, Pod, namespace, name)
      if (spec.serviceAccountName !== account) {
        throw badRequest(
          `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
        )
      }
      const pod = { name, uid: metadata.uid }
      if (!spec.nodeName) return { owner: pod, pod }
      // A pod's node may be gone; its name still tells where the pod was.
      const node = await reader.getFresh(Node, "", spec.nodeName)
      return { owner: pod, pod, node: { name: spec.nodeName, uid: node?.metadata.uid ?? "" } }
    }
    case "Secret": {
      const { metadata } = await existing(reader, Secret, namespace, name)
      const secret = { name, uid: metadata.uid }
      return { owner: secret, secret }
    }
    case "Node": {
      const { metadata } = await existing(reader, Node, "", name)
      const node = { name, uid: metadata.uid }
      return { owner: node, node }
    }
    default:
      return undefined
  }
}

async function existing<R extends AnyResource>(
  reader: Reader,
  resource: R,
  namespace: string,
  name: string,
): Promise<ObjectOf<R>> {
  const object = await reader.getFresh(resource, namespace, name)
  if (object === undefined) throw notFound({ group: resource.group, resource: resource.plural }, name)
  return object
}
