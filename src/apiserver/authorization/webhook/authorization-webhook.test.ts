import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { aggregateMessages, formatFieldError } from "../../../machinery/field/error.ts"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import { createWebhookTokenAuthenticator } from "../../authentication/webhook-token.ts"
import type { Authorizer, RequestInfo, UserInfo } from "../../call.ts"
import { startTestWebhook, type TestWebhook, type WebhookCall } from "../../webhook/testing.ts"
import { createWebhookClient, type WebhookClient } from "../../webhook/webhook-client.ts"
import { webhookOfKubeconfig } from "../../webhook/webhook-kubeconfig.ts"
import { configuredAuthorizers, openAuthorizationFile } from "./authorization-file.ts"
import { parseAuthorizationConfiguration } from "./configuration.ts"
import { validateConfiguration } from "./validate.ts"

const platform = createNodePlatform({ logLevel: "error" })
const dir = mkdtempSync(join(tmpdir(), `gantry-authorization-${process.pid}-`))
const kubeconfig = join(dir, "kubeconfig")
let webhook: TestWebhook
let client: WebhookClient
let status: object = {}
/** Answers with a code instead. */
let code = 200

before(async () => {
  webhook = await startTestWebhook(({ body }: WebhookCall, response) => {
    const { kind, apiVersion } = body as { readonly kind: string; readonly apiVersion: string }
    response.statusCode = code
    return { kind, apiVersion, status }
  })
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "w", user: "u" } }],
      clusters: [
        { name: "w", cluster: { server: `${webhook.url}/ask`, "certificate-authority-data": webhook.caBundle } },
      ],
      users: [{ name: "u", user: { token: "t0ken" } }],
    }),
  )
  const resolve = () => {
    throw new Error("not by service")
  }
  client = createWebhookClient({ clock: platform.clock, resolve })
})
after(async () => {
  client.close()
  await webhook.close()
  rmSync(dir, { recursive: true })
})

const jane: UserInfo = { name: "jane", uid: "7", groups: ["devs"], extra: new Map([["scopes", ["a"]]]) }
const none = { path: "", group: "", version: "v1", namespace: "", resource: "", subresource: "", name: "", rest: "" }
const listPods: RequestInfo = { ...none, isResource: true, verb: "list", namespace: "a", resource: "pods" }
const builtIn = { node: { authorize: () => ({ allowed: false }) }, rbac: { authorize: () => ({ allowed: false }) } }

const webhookConfig = (more: object = {}) => ({
  authorizedTTL: "1m",
  unauthorizedTTL: "1m",
  timeout: "3s",
  subjectAccessReviewVersion: "v1",
  matchConditionSubjectAccessReviewVersion: "v1",
  failurePolicy: "NoOpinion",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile: kubeconfig },
  ...more,
})
const configuration = (authorizers: readonly object[]) =>
  JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers })
const one = (more: object = {}) => [{ type: "Webhook", name: "w", webhook: webhookConfig(more) }]

async function withAuthorizer(more: object, use: (authorizer: Authorizer) => Promise<void>): Promise<void> {
  const parsed = parseAuthorizationConfiguration(configuration(one(more)))
  const chain = configuredAuthorizers(parsed, { platform, userAgent: "kube-apiserver/test" })
  webhook.calls.length = 0
  code = 200
  await use(chain.authorizers(builtIn))
  chain.close()
}

test("asks the webhook with all attributes, selectors too, and remembers the answer", async () => {
  await withAuthorizer({}, async (authorizer) => {
    status = { allowed: true, reason: "because" }
    const info = { ...listPods, fieldSelector: "spec.nodeName=n1,a!=b", labelSelector: "x in (b,a),!y,z>1" }
    assert.deepEqual(await authorizer.authorize(jane, info), { allowed: true, reason: "because" })
    assert.deepEqual(await authorizer.authorize(jane, info), { allowed: true, reason: "because" })
    assert.equal(webhook.calls.length, 1)
    const { path, headers, body } = webhook.calls[0] as WebhookCall
    assert.deepEqual([path, headers.authorization], ["/ask?timeout=3s", "Bearer t0ken"])
    assert.deepEqual((body as { readonly spec: unknown }).spec, {
      user: "jane",
      uid: "7",
      groups: ["devs"],
      extra: { scopes: ["a"] },
      resourceAttributes: {
        verb: "list",
        version: "v1",
        namespace: "a",
        resource: "pods",
        fieldSelector: {
          requirements: [
            { key: "a", operator: "NotIn", values: ["b"] },
            { key: "spec.nodeName", operator: "In", values: ["n1"] },
          ],
        },
        labelSelector: {
          requirements: [
            { key: "x", operator: "In", values: ["a", "b"] },
            { key: "y", operator: "DoesNotExist" },
          ],
        },
      },
    })
  })
})

test("speaks the former version, which calls groups differently, about paths", async () => {
  await withAuthorizer({ subjectAccessReviewVersion: "v1beta1" }, async (authorizer) => {
    status = { allowed: false, denied: true, reason: "no" }
    const info = { ...none, version: "", isResource: false, path: "/metrics", verb: "get" }
    assert.deepEqual(await authorizer.authorize(jane, info), { allowed: false, denied: true, reason: "no" })
    const { apiVersion, spec } = (webhook.calls[0] as WebhookCall).body as {
      readonly apiVersion: string
      readonly spec: object
    }
    assert.equal(apiVersion, "authorization.k8s.io/v1beta1")
    assert.deepEqual(
      { ...spec, extra: 0 },
      {
        nonResourceAttributes: { path: "/metrics", verb: "get" },
        user: "jane",
        group: ["devs"],
        extra: 0,
        uid: "7",
      },
    )
  })
})

test("asks only about what all conditions match", async () => {
  const conditions = (...expressions: string[]) => ({
    matchConditions: expressions.map((expression) => ({ expression })),
  })
  status = { allowed: true }
  const group = `"devs" in request.groups`
  const pods = `has(request.resourceAttributes) && request.resourceAttributes.resource == "pods"`
  await withAuthorizer(conditions(group, pods), async (authorizer) => {
    assert.equal((await authorizer.authorize(jane, listPods)).allowed, true)
    assert.deepEqual(await authorizer.authorize(jane, { ...listPods, resource: "nodes" }), { allowed: false })
    assert.equal(webhook.calls.length, 1)
  })
  // One that cannot be told counts as a failure, unless another is false.
  const broken = `request.nonResourceAttributes.path == "/"`
  await withAuthorizer({ ...conditions(broken), failurePolicy: "Deny" }, async (authorizer) => {
    const { error, ...decision } = await authorizer.authorize(jane, listPods)
    assert.deepEqual(decision, { allowed: false, denied: true })
    assert.match(
      error ?? "",
      /^cel evaluation error: expression '.*' resulted in error: no such key: nonResourceAttributes$/,
    )
  })
  await withAuthorizer(
    { ...conditions(broken, "request.user == 'joe'"), failurePolicy: "Deny" },
    async (authorizer) => {
      assert.deepEqual(await authorizer.authorize(jane, listPods), { allowed: false })
    },
  )
})

test("has no opinion, or denies, when the webhook fails; and denies what is both", async () => {
  for (const [failurePolicy, denied] of [
    ["NoOpinion", undefined],
    ["Deny", true],
  ] as const) {
    await withAuthorizer({ failurePolicy }, async (authorizer) => {
      code = 403
      const decision = await authorizer.authorize(jane, listPods)
      assert.deepEqual([decision.allowed, decision.denied, (decision.error ?? "").length > 0], [false, denied, true])
    })
  }
  await withAuthorizer({}, async (authorizer) => {
    status = { allowed: true, denied: true }
    const error = "webhook subject access review returned both allow and deny response"
    assert.deepEqual(await authorizer.authorize(jane, listPods), { allowed: false, denied: true, error })
  })
})

test("refuses a wrong configuration in Kubernetes' words", () => {
  const problems = (authorizers: readonly object[]) =>
    aggregateMessages(
      validateConfiguration(parseAuthorizationConfiguration(configuration(authorizers))).map(formatFieldError),
    )
  const cases: readonly (readonly [readonly object[], string])[] = [
    [[], "authorizers: Required value: at least one authorization mode must be defined"],
    [
      [{ type: "X", name: "x" }],
      'authorizers[0].type: Unsupported value: "X": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
    ],
    [
      [
        { type: "RBAC", name: "rbac" },
        { type: "RBAC", name: "rbac" },
      ],
      'authorizers[1].type: Duplicate value: "RBAC"',
    ],
    [[{ type: "Webhook", name: "w" }], "authorizers[0].webhook: Required value: required when type=Webhook"],
    [one({ timeout: "31s" }), 'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s'],
    [
      one({ failurePolicy: "Open" }),
      'authorizers[0].failurePolicy: Unsupported value: "Open": supported values: "NoOpinion", "Deny"',
    ],
    [
      one({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "k" } }),
      'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "k": must be an absolute path',
    ],
    [
      one({ matchConditions: [{ expression: "request.user" }] }),
      'authorizers[0].matchConditions[0].expression: Invalid value: "request.user": must evaluate to bool but got string',
    ],
  ]
  for (const [authorizers, message] of cases) assert.equal(problems(authorizers), message)
})

test("opens a file whose names fit their types, and asks in its order", async () => {
  const file = join(dir, "authorization.yaml")
  writeFileSync(file, configuration([{ type: "RBAC", name: "other" }]))
  const options = { platform, userAgent: "kube-apiserver/test" }
  assert.throws(
    () => openAuthorizationFile(file, options),
    /^Error: expected name rbac for authorizer RBAC instead of other$/,
  )
  writeFileSync(
    file,
    configuration([...one(), { type: "RBAC", name: "rbac" }, { type: "AlwaysAllow", name: "alwaysallow" }]),
  )
  const chain = openAuthorizationFile(file, options)
  status = { allowed: false, reason: "unknown" }
  code = 200
  const rbac: Authorizer = { authorize: () => ({ allowed: true, reason: "RBAC: yes" }) }
  assert.equal((await chain.authorizers({ ...builtIn, rbac }).authorize(jane, listPods)).reason, "RBAC: yes")
  assert.deepEqual(chain.types(), ["Webhook", "RBAC", "AlwaysAllow"])
  chain.close()
})

test("asks a webhook whose token it is, once while the answer is fresh", async () => {
  const audiences = ["https://kubernetes.default.svc"]
  const target = () => webhookOfKubeconfig(kubeconfig)
  const authenticate = createWebhookTokenAuthenticator({
    client,
    target,
    version: "v1",
    audiences,
    cacheMs: 60_000,
    platform,
  })
  webhook.calls.length = 0
  code = 200
  status = { authenticated: true, user: { username: "zoe", groups: ["g"], extra: { k: ["v"] } } }
  const both = await Promise.all([authenticate("one"), authenticate("one")])
  const zoe = { name: "zoe", groups: ["g", "system:authenticated"], extra: new Map([["k", ["v"]]]) }
  assert.deepEqual([...both, await authenticate("one")], [zoe, zoe, zoe])
  assert.equal(webhook.calls.length, 1)
  assert.deepEqual(((webhook.calls[0] as WebhookCall).body as { readonly spec: object }).spec, {
    token: "one",
    audiences,
  })
  status = { authenticated: true, audiences: ["else"], user: { username: "zoe" } }
  assert.equal(await authenticate("two"), undefined)
  code = 403
  await assert.rejects(async () => authenticate("three"), { code: 401 })
})
