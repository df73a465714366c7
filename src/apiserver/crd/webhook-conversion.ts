import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { Random } from "../../platform/random.ts"
import type { Converter } from "../resources/versions.ts"
import { WebhookCallError } from "../webhook/call-error.ts"
import type { WebhookTarget } from "../webhook/target.ts"
import type { WebhookClient } from "../webhook/webhook-client.ts"
import { restoredMeta } from "./converted-meta.ts"

/**
 * Conversion by a webhook: it gets all objects that are not in the wanted version yet, and sends them back.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
 */

/** As kube-apiserver's client for webhooks. */
const TIMEOUT_MS = 30_000
const REVIEW_VERSIONS: readonly string[] = ["v1", "v1beta1"]

export interface WebhookConversionOptions {
  readonly definition: CustomResourceDefinition
  readonly webhooks: WebhookClient
  readonly random: Pick<Random, "uuid">
}

export function webhookConverter({ definition, webhooks, random }: WebhookConversionOptions): Converter {
  const { webhook } = definition.spec.conversion ?? {}
  const version = webhook?.conversionReviewVersions.find((one) => REVIEW_VERSIONS.includes(one))
  return {
    convert: async (objects, to) => {
      const due = objects.filter(({ apiVersion }) => apiVersion !== to.apiVersion)
      const [first] = due
      if (first === undefined) return objects
      const of = `conversion webhook for ${first.apiVersion}, Kind=${first.kind}`
      if (version === undefined) throw failure("no supported conversion review versions")
      const uid = random.uuid()
      const request = { uid, desiredAPIVersion: to.apiVersion, objects: due }
      const review = { kind: "ConversionReview", apiVersion: `apiextensions.k8s.io/${version}`, request }
      const answer = await ask(webhooks, targetOf(webhook?.clientConfig), review, of)
      const converted = convertedObjects(answer, version, uid, of)
      if (converted.length !== due.length) {
        throw failure(`${of} returned ${converted.length} objects, expected ${due.length}`)
      }
      const made = new Map(due.map((object, index) => [object, checked(object, converted[index], to, index, of)]))
      return objects.map((object) => made.get(object) ?? object)
    },
  }
}

const failure = (message: string): StatusError => new StatusError("", 500, message)

type ClientConfig = NonNullable<
  NonNullable<NonNullable<CustomResourceDefinition["spec"]["conversion"]>["webhook"]>["clientConfig"]
>

function targetOf({ url, service, caBundle = "" }: ClientConfig | undefined = {}): WebhookTarget {
  // One that holds nothing but white space is none.
  const isBlank = Buffer.from(caBundle, "base64").toString().trim() === ""
  return { url, service, caBundle: isBlank ? undefined : caBundle }
}

async function ask(webhooks: WebhookClient, target: WebhookTarget, review: object, of: string): Promise<unknown> {
  try {
    return await webhooks.post(target, review, { timeoutMs: TIMEOUT_MS })
  } catch (error) {
    if (error instanceof WebhookCallError) throw failure(`${of} failed: ${error.message}`)
    throw error
  }
}

interface Answer {
  readonly apiVersion?: unknown
  readonly kind?: unknown
  readonly response?: {
    readonly uid?: unknown
    readonly result?: { readonly status?: unknown; readonly message?: unknown }
    readonly convertedObjects?: unknown
  } | null
}

function convertedObjects(answer: unknown, version: string, uid: string, of: string): readonly unknown[] {
  const { apiVersion = "", kind = "", response } = (isObject(answer) ? answer : {}) as Answer
  const failed = (why: string) => failure(`${of} failed: ${why}`)
  const wanted = `apiextensions.k8s.io/${version}`
  // What answers in the first version may be from before these were looked at.
  if (version === "v1" && (apiVersion !== wanted || kind !== "ConversionReview")) {
    throw failed(`expected webhook response of ${wanted}, Kind=ConversionReview, got ${apiVersion}, Kind=${kind}`)
  }
  if (!response) throw failed("no response provided")
  const { result = {}, uid: answered = "", convertedObjects: objects = [] } = response
  if (version === "v1" && answered !== uid) {
    throw failed(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answered)}`)
  }
  if (result.status !== "Success") {
    if (typeof result.message === "string" && result.message !== "") throw failed(result.message)
    throw failed(`response.result.status was '${String(result.status ?? "")}', not 'Success'`)
  }
  return Array.isArray(objects) ? objects : []
}

/** The converted object with the metadata of the original: a webhook may change labels and annotations only. */
function checked(original: KubeObject, converted: unknown, to: AnyResource, index: number, of: string): KubeObject {
  const invalid = (why: string) => failure(`${of} returned invalid converted object at index ${index}: ${why}`)
  if (!isObject(converted)) throw invalid("it is no object")
  const { apiVersion, kind } = converted
  if (apiVersion !== to.apiVersion) {
    throw invalid(`invalid groupVersion (expected ${to.apiVersion}, received ${String(apiVersion ?? "")})`)
  }
  if (kind !== original.kind) {
    throw invalid(`invalid kind (expected ${original.kind}, received ${String(kind ?? "")})`)
  }
  const metadata = isObject(converted["metadata"]) ? converted["metadata"] : undefined
  for (const [member, name] of IDENTITY) {
    const [before, after] = [original.metadata[member] ?? "", metadata?.[member] ?? ""]
    if (before !== after) throw invalid(`must have the same ${name}: ${before} != ${String(after)}`)
  }
  const restored = restoredMeta(original.metadata, converted["metadata"])
  if (typeof restored === "string") {
    throw failure(`${of} returned invalid metadata in object at index ${index}: ${restored}`)
  }
  return { ...converted, apiVersion: to.apiVersion, kind: original.kind, metadata: restored }
}

const IDENTITY = [
  ["name", "name"],
  ["namespace", "namespace"],
  ["uid", "UID"],
] as const
