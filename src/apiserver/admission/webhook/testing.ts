import assert from "node:assert/strict"
import { after, afterEach, before } from "node:test"
import { MutatingWebhookConfiguration } from "../../../api/admissionregistration/v1/mutating-webhook-configuration.ts"
import { ValidatingWebhookConfiguration } from "../../../api/admissionregistration/v1/validating-webhook-configuration.ts"
import { ConfigMap } from "../../../api/core/v1/config-map.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { Client } from "../../../client/client.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { startTestWebhook, type TestWebhook } from "../../webhook/testing.ts"
import { startTestApi, type TestApi } from "../testing.ts"

export interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: Record<string, unknown> & { readonly uid: string; readonly object: Record<string, unknown> }
}

/** A whole API server, and a server of webhooks that it calls over HTTPS. Each path is a webhook. */
export class WebhookBench {
  /** What the webhook at a path responds; without one it fails. */
  readonly answers = new Map<string, (review: Review) => object>()
  /** What the webhooks were asked, in this order. */
  readonly reviews: (Review & { readonly path: string })[] = []
  #api: TestApi | undefined
  #server: TestWebhook | undefined
  #count = 0

  get client(): Client {
    return this.#started(this.#api).client
  }
  get warnings(): string[] {
    return this.#started(this.#api).warnings
  }
  #started<T>(part: T | undefined): T {
    return part ?? assert.fail("it has not been started")
  }

  async start(): Promise<void> {
    this.#api = await startTestApi()
    this.#server = await startTestWebhook(({ path, body }, response) => {
      const review = body as Review
      const name = path.slice(1).split("?")[0] ?? ""
      this.reviews.push({ ...review, path: name })
      const answer = this.answers.get(name)?.(review)
      if (answer === undefined) return void response.writeHead(500).end("broken")
      return { apiVersion: review.apiVersion, kind: review.kind, response: { uid: review.request.uid, ...answer } }
    })
    await this.client.of(Namespace).create({ metadata: { name: "shop", labels: { tier: "gold" } } })
  }

  async reset(): Promise<void> {
    for (const kind of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
      for (const { metadata } of (await this.client.of(kind).list()).items) {
        await this.client.of(kind).delete({ name: metadata.name })
      }
    }
    this.answers.clear()
    this.reviews.length = 0
    this.warnings.length = 0
  }

  async close(): Promise<void> {
    await this.#api?.close()
    await this.#server?.close()
  }

  /** A webhook of a configuration, for config maps unless `more` says otherwise. */
  webhook(path: string, more: object = {}): object {
    const { url, caBundle } = this.#started(this.#server)
    return {
      name: `${path}.example.com`,
      clientConfig: { url: `${url}/${path}`, caBundle },
      rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...more,
    }
  }
  async mutating(name: string, ...webhooks: object[]): Promise<void> {
    await this.client.of(MutatingWebhookConfiguration).create({ metadata: { name }, webhooks } as never)
  }
  async validating(name: string, ...webhooks: object[]): Promise<void> {
    await this.client.of(ValidatingWebhookConfiguration).create({ metadata: { name }, webhooks } as never)
  }

  /** A config map in the namespace `shop` that does not exist yet. */
  fresh() {
    return { metadata: { name: `map-${++this.#count}`, namespace: "shop" }, data: { a: "1" } }
  }
  create(object: object = this.fresh()): Promise<ConfigMap> {
    return this.client.of(ConfigMap).create(object as never)
  }
}

/** A bench for all tests of a file. */
export function benchForTests(): WebhookBench {
  const bench = new WebhookBench()
  before(() => bench.start())
  afterEach(() => bench.reset())
  after(() => bench.close())
  return bench
}

export const patch = (...operations: object[]) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
})

export async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StatusError, String(error))
  return error
}
