import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startTestWebhook, type TestWebhook, type WebhookCall } from "../src/apiserver/webhook/testing.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"

/**
 * What extensions bring to a cluster, from the outside: a definition with rules and versions, webhooks that run in this
 * process, and a policy. Each step stands on those before it.
 */

const GROUP = "shops.example.com"

interface Shop {
  readonly apiVersion: string
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly generation?: number
  }
  readonly spec: { readonly replicas?: number; readonly most?: number; readonly size?: string }
}
interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: {
    readonly uid: string
    readonly object: Shop
    readonly objects: readonly Shop[]
    readonly desiredAPIVersion: string
  }
}

let cluster: TestCluster
let webhook: TestWebhook
before(async () => {
  webhook = await startTestWebhook(answer)
  cluster = await prepareTestCluster("extension")
  await cluster.up()
})
after(async () => {
  await cluster.down()
  await webhook.close()
})

const shop = (name: string, spec: Shop["spec"], version = "v1") => ({
  apiVersion: `${GROUP}/${version}`,
  kind: "Shop",
  metadata: { name },
  spec,
})

const create = (object: object, ...flags: readonly string[]) =>
  cluster.tryKubectl(["create", "-f", "-", ...flags], { input: JSON.stringify(object) })

async function refused(object: object, says: RegExp): Promise<void> {
  const { code, stderr } = await create(object)
  assert.equal(code, 1, JSON.stringify(object))
  assert.match(stderr, says)
}

/** Webhooks and policies hold soon after they are written, not at once. */
const untilRefused = (object: object) =>
  until("it is refused", async () => (await create(object, "--dry-run=server")).code !== 0)

function answer({ path, body }: WebhookCall): unknown {
  const { apiVersion, kind, request } = body as Review
  const { uid, object } = request
  const reply = (response: object) => ({ apiVersion, kind, response: { uid, ...response } })
  switch (path.split("?", 1)[0]) {
    case "/convert": {
      const convertedObjects = request.objects.map((one) => converted(one, request.desiredAPIVersion))
      return reply({ result: { status: "Success" }, convertedObjects })
    }
    case "/mutate": {
      const { annotations } = object.metadata
      const patch = [{ op: "add", path: "/metadata/annotations", value: { ...annotations, [`${GROUP}/seen`]: "yes" } }]
      return reply({
        allowed: true,
        patchType: "JSONPatch",
        patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
      })
    }
    default: {
      const allowed = object.metadata.name !== "closed"
      return reply(allowed ? { allowed } : { allowed, status: { message: "no shop is closed" } })
    }
  }
}

/** In `v1beta1` the number of replicas is called its size, as in `3x`. */
function converted({ spec, ...rest }: Shop, apiVersion: string): object {
  const { replicas, size, ...others } = spec
  const own = apiVersion.endsWith("/v1beta1")
    ? { size: `${replicas ?? 1}x` }
    : { replicas: Number.parseInt(size ?? "1", 10) }
  return { ...rest, apiVersion, spec: { ...others, ...own } }
}

const count = { type: "integer", minimum: 0 }
const versions = [
  {
    name: "v1",
    served: true,
    storage: true,
    subresources: { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } },
    additionalPrinterColumns: [{ name: "Replicas", type: "integer", jsonPath: ".spec.replicas" }],
    schema: {
      openAPIV3Schema: {
        type: "object",
        required: ["spec"],
        properties: {
          spec: {
            type: "object",
            properties: { replicas: { ...count, default: 1 }, most: { ...count, default: 5 } },
            "x-kubernetes-validations": [
              { rule: "self.replicas <= self.most", message: "too many replicas" },
              { rule: "self.most >= oldSelf.most", message: "the limit only grows", fieldPath: ".most" },
            ],
          },
          status: { type: "object", properties: { replicas: count } },
        },
      },
    },
  },
  {
    name: "v1beta1",
    served: true,
    storage: false,
    schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  },
]

test("a definition is served, fills in and checks by its rules", async () => {
  const { url, caBundle } = webhook
  const clientConfig = { url: `${url}/convert`, caBundle }
  await cluster.apply({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `shops.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural: "shops", singular: "shop", kind: "Shop", shortNames: ["sh"] },
      conversion: { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } },
      versions,
    },
  })
  await cluster.kubectl(`wait --for=condition=Established crd/shops.${GROUP} --timeout=30s`)
  await cluster.apply(shop("corner", {}))
  assert.deepEqual((await cluster.get<Shop>("shop corner")).spec, { replicas: 1, most: 5 })
  assert.match(await cluster.kubectl("get sh"), /NAME +REPLICAS\ncorner +1\n/)
  await refused(shop("big", { replicas: 6 }), /The Shop "big" is invalid: spec: Invalid value: .*too many replicas/)
  await refused(
    shop("odd", { replicas: -1 }),
    /spec.replicas: Invalid value: -1: .*should be greater than or equal to 0/,
  )
  const shrunk = await cluster.tryKubectl(["patch", "shop", "corner", "--type=merge", "-p", '{"spec":{"most":4}}'])
  assert.match(shrunk.stderr, /spec.most: Invalid value: .*the limit only grows/)
  await cluster.kubectl("scale shop/corner --replicas=3")
  assert.equal((await cluster.get<Shop>("shop corner")).spec.replicas, 3)
})

test("versions are converted by the webhook, both ways", async () => {
  assert.deepEqual((await cluster.get<Shop>(`shops.v1beta1.${GROUP} corner`)).spec, { most: 5, size: "3x" })
  await cluster.apply(shop("market", { size: "2x" }, "v1beta1"))
  assert.deepEqual((await cluster.get<Shop>("shop market")).spec, { replicas: 2, most: 5 })
})

test("webhooks change and refuse what is written", async () => {
  const hooks = (path: string) => [
    {
      name: `${path}.${GROUP}`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      clientConfig: { url: `${webhook.url}/${path}`, caBundle: webhook.caBundle },
      rules: [{ apiGroups: [GROUP], apiVersions: ["v1"], operations: ["CREATE"], resources: ["shops"] }],
    },
  ]
  const of = (kind: string, path: string) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: "shops" },
    webhooks: hooks(path),
  })
  await cluster.apply(of("Mutating", "mutate"), of("Validating", "validate"))
  await untilRefused(shop("closed", {}))
  await refused(
    shop("closed", {}),
    /admission webhook "validate.shops.example.com" denied the request: no shop is closed/,
  )
  // Rules that name one version hold for all of them: the webhook gets what it asked for.
  await refused(shop("closed", { size: "1x" }, "v1beta1"), /no shop is closed/)
  await cluster.apply(shop("open", {}))
  assert.equal((await cluster.get<Shop>("shop open")).metadata.annotations?.[`${GROUP}/seen`], "yes")
})

test("a policy refuses by its parameters, and explains why", async () => {
  const of = (kind: string, spec: object) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name: "largest-shop" },
    spec,
  })
  await cluster.apply(
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "limits" }, data: { most: "4" } },
    of("ValidatingAdmissionPolicy", {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      matchConstraints: {
        resourceRules: [{ apiGroups: [GROUP], apiVersions: ["v1"], operations: ["CREATE"], resources: ["shops"] }],
      },
      variables: [{ name: "most", expression: "int(params.data.most)" }],
      validations: [
        {
          expression: "object.spec.replicas <= variables.most",
          messageExpression: "'at most ' + string(variables.most) + ' in ' + namespaceObject.metadata.name",
        },
      ],
    }),
    of("ValidatingAdmissionPolicyBinding", {
      policyName: "largest-shop",
      paramRef: { name: "limits", namespace: "default", parameterNotFoundAction: "Deny" },
      validationActions: ["Deny"],
    }),
  )
  await untilRefused(shop("large", { replicas: 5 }))
  const says =
    /ValidatingAdmissionPolicy 'largest-shop' with binding 'largest-shop' denied request: at most 4 in default/
  await refused(shop("large", { replicas: 5 }), says)
  await cluster.apply(shop("fitting", { replicas: 4 }))
  await cluster.kubectl(["patch", "configmap", "limits", "-p", '{"data":{"most":"5"}}'])
  await until("the new limit holds", async () => (await create(shop("large", { replicas: 5 }))).code === 0)
})

test("all of it holds from the first request after the server was killed", async () => {
  await cluster.kill("server")
  await cluster.up()
  assert.equal((await cluster.get<Shop>("shop corner")).spec.replicas, 3)
  await refused(shop("big", { replicas: 6 }), /too many replicas/)
  await refused(shop("closed", {}), /no shop is closed/)
  await cluster.kubectl(["patch", "configmap", "limits", "-p", '{"data":{"most":"0"}}'])
  await untilRefused(shop("one", {}))
  await refused(shop("one", {}), /at most 0 in default/)
})

test("without the webhook its kind cannot be made, and nothing else is touched", async () => {
  await cluster.kubectl(["patch", "configmap", "limits", "-p", '{"data":{"most":"5"}}'])
  await until(
    "the policy allows one",
    async () => !/at most 0/.test((await create(shop("x", {}), "--dry-run=server")).stderr),
  )
  await webhook.close()
  await refused(
    shop("late", {}),
    /failed calling webhook "mutate.shops.example.com": failed to call webhook: Post "https:/,
  )
  await cluster.kubectl("create configmap other")
  // Objects that are stored as they are asked for need no conversion.
  assert.equal((await cluster.get<Shop>("shop market")).spec.replicas, 2)
})

test("the definition takes its objects along", async () => {
  await cluster.kubectl(`delete crd shops.${GROUP} --timeout=60s`)
  assert.match(
    (await cluster.tryKubectl("get shops")).stderr,
    /doesn't have a resource type "shops"|could not find the requested resource/,
  )
})
