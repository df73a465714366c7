import assert from "node:assert/strict"
import { test } from "node:test"
import { ValidatingWebhookConfiguration } from "../src/api/admissionregistration/v1/validating-webhook-configuration.ts"
import { ConfigMap } from "../src/api/core/v1/config-map.ts"
import { Namespace } from "../src/api/core/v1/namespace.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { startTestWebhook } from "../src/apiserver/webhook/testing.ts"
import { createHttpsTransport } from "../src/client/https/https-transport.ts"
import { createClient } from "../src/client/typed-client.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { isForbidden, startCluster } from "./index.ts"

/** What meets the world outside: clients over HTTPS, webhooks, other clusters in the process. */

const platform = createNodePlatform({ logLevel: "error" })

test("clients over HTTPS have the identity of their kubeconfig", async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const read = (text: string, name: string) => new RegExp(`${name}: "?([^"\\n]+)`).exec(text)?.[1] ?? ""
  const over = async (user?: string) => {
    const text = await cluster.kubeconfig(user)
    const ca = Buffer.from(read(text, "certificate-authority-data"), "base64").toString()
    const token = read(text, "token")
    const transport = createHttpsTransport({ server: read(text, "server"), ca, token, platform, userAgent: "test" })
    return { client: createClient(transport, { fieldManager: "outside" }), transport }
  }
  const [admin, bob] = [await over(), await over("bob")]
  try {
    const spec = { containers: [{ name: "main", image: "web:1" }] }
    await admin.client.of(Pod).create({ metadata: { name: "web", namespace: "default" }, spec })
    await cluster.settled()
    assert.equal((await admin.client.of(Pod).get({ namespace: "default", name: "web" })).status.phase, "Running")
    await assert.rejects(bob.client.of(Pod).list(), isForbidden)
    // Whatever clients still have open does not hold up the end.
    await cluster.close()
  } finally {
    admin.transport.close()
    bob.transport.close()
  }
})

/** A webhook that refuses. */
const startRefusing = () =>
  startTestWebhook(({ body }) => {
    const { uid } = (body as { request: { uid: string } }).request
    const response = { uid, allowed: false, status: { message: "not on a Friday" } }
    return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }
  })

test("virtual time waits for webhooks that answer", async () => {
  await using cluster = await startCluster()
  const { client } = cluster
  const { caBundle, close, url } = await startRefusing()
  try {
    await client.of(ValidatingWebhookConfiguration).create({
      metadata: { name: "friday" },
      webhooks: [
        {
          name: "friday.example.com",
          clientConfig: { url, caBundle },
          timeoutSeconds: 1,
          rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "strict" } },
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    })
    await cluster.settled()
    await client.of(Namespace).create({ metadata: { name: "strict" } })
    const refused = client.of(ConfigMap).create({ metadata: { name: "settings", namespace: "strict" } })
    await Promise.all([cluster.clock.advance("1h"), assert.rejects(refused, /denied the request: not on a Friday/)])
  } finally {
    await close()
  }
})

test("fifty clusters run side by side and know nothing of each other", async () => {
  const clusters = await Promise.all(Array.from({ length: 50 }, (_, seed) => startCluster({ seed, nodes: 1 })))
  try {
    await Promise.all(
      clusters.map(async ({ client }, index) => {
        const metadata = { name: `pod-${index}`, namespace: "default" }
        await client.of(Pod).create({ metadata, spec: { containers: [{ name: "main", image: "web:1" }] } })
      }),
    )
    await Promise.all(clusters.map((cluster) => cluster.settled()))
    for (const [index, { client }] of clusters.entries()) {
      const pods = (await client.of(Pod).list()).items
      assert.deepEqual(
        pods.map(({ metadata, status }) => [metadata.name, status.phase]),
        [[`pod-${index}`, "Running"]],
      )
    }
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.close()))
  }
})
