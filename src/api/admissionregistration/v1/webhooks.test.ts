import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted } from "../../testing.ts"
import { MutatingWebhookConfiguration } from "./mutating-webhook-configuration.ts"
import { ValidatingWebhookConfiguration } from "./validating-webhook-configuration.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/admissionregistration/validation. */

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }
const good = {
  name: "a.example.com",
  clientConfig: { service: { namespace: "a", name: "b" } },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  rules: [rule],
}

test("defaults", () => {
  const { webhooks } = defaulted(MutatingWebhookConfiguration, { webhooks: [good] })
  assert.deepEqual(plain(webhooks), [
    {
      name: "a.example.com",
      clientConfig: { service: { namespace: "a", name: "b", port: 443 } },
      rules: [{ ...rule, scope: "*" }],
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      sideEffects: "None",
      timeoutSeconds: 10,
      admissionReviewVersions: ["v1"],
      reinvocationPolicy: "Never",
    },
  ])
})

const DOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const at = (url: string) => [{ ...good, clientConfig: { url } }]
const URL_AT = "webhooks[0].clientConfig.url: Invalid value:"
const FORM = "; desired format: https://host[/path]"
const over = (resources: readonly string[]) => [{ ...good, rules: [{ ...rule, resources }] }]
const RESOURCES = "webhooks[0].rules[0].resources"
const cases: readonly {
  readonly name: string
  readonly webhooks: readonly object[]
  readonly errors: readonly string[]
}[] = [
  { name: "a good one", webhooks: [good], errors: [] },
  {
    name: "nothing",
    webhooks: [{}],
    errors: [
      "webhooks[0].name: Required value",
      "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
      "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
      "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
    ],
  },
  {
    name: "names",
    webhooks: [good, good, { ...good, name: "example.com" }, { ...good, name: "A.b.c" }],
    errors: [
      'webhooks[1].name: Duplicate value: "a.example.com"',
      'webhooks[2].name: Invalid value: "example.com": should be a domain with at least three segments separated by dots',
      `webhooks[3].name: Invalid value: "A.b.c": ${DOMAIN}`,
    ],
  },
  {
    name: "choices",
    webhooks: [
      {
        ...good,
        failurePolicy: "Retry",
        matchPolicy: "Some",
        sideEffects: "Unknown",
        timeoutSeconds: 31,
        reinvocationPolicy: "Always",
        admissionReviewVersions: ["v2", "v2"],
      },
    ],
    errors: [
      'webhooks[0].failurePolicy: Unsupported value: "Retry": supported values: "Fail", "Ignore"',
      'webhooks[0].matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"',
      'webhooks[0].sideEffects: Unsupported value: "Unknown": supported values: "None", "NoneOnDryRun"',
      "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
      'webhooks[0].reinvocationPolicy: Unsupported value: "Always": supported values: "IfNeeded", "Never"',
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ],
  },
  {
    name: "rules",
    webhooks: [
      { ...good, rules: [{ operations: ["*", "LIST"], apiGroups: ["*", "a"], apiVersions: [""], scope: "All" }] },
    ],
    errors: [
      `webhooks[0].rules[0].operations: Invalid value: ["*","LIST"]: if '*' is present, must not specify other operations`,
      'webhooks[0].rules[0].operations[1]: Unsupported value: "LIST": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      `webhooks[0].rules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other API groups`,
      "webhooks[0].rules[0].apiVersions[0]: Required value",
      "webhooks[0].rules[0].resources: Required value",
      'webhooks[0].rules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"',
    ],
  },
  {
    name: "resources that others cover",
    webhooks: over(["a/*", "a/x", "*/y", "b/y"]),
    errors: [
      `${RESOURCES}[1]: Invalid value: "a/x": if 'a/*' is present, must not specify a/x`,
      `${RESOURCES}[3]: Invalid value: "b/y": if '*/y' is present, must not specify b/y`,
    ],
  },
  {
    name: "every resource and others",
    webhooks: over(["*", "a", "*/*"]),
    errors: [
      `${RESOURCES}: Invalid value: ["*","a","*/*"]: if '*/*' is present, must not specify other resources`,
      `${RESOURCES}: Invalid value: ["*","a","*/*"]: if '*' is present, must not specify other resources without subresources`,
    ],
  },
  { name: "an address", webhooks: at("https://example.com:8443/a/b"), errors: [] },
  {
    name: "an address with everything wrong",
    webhooks: at("http://u:p@/a?b=c#d"),
    errors: [
      `${URL_AT} "http": 'https' is the only allowed URL scheme${FORM}`,
      `${URL_AT} "": host must be specified${FORM}`,
      `${URL_AT} "u:p": user information is not permitted in the URL`,
      `${URL_AT} "d": fragments are not permitted in the URL`,
      `${URL_AT} "b=c": query parameters are not permitted in the URL`,
    ],
  },
  {
    name: "an address that is none",
    webhooks: at(":/a"),
    errors: [
      `webhooks[0].clientConfig.url: Required value: url must be a valid URL: parse ":/a": missing protocol scheme${FORM}`,
    ],
  },
  {
    name: "paths of services",
    webhooks: [{ ...good, clientConfig: { service: { namespace: "a", name: "b", path: "a//B", port: 0 } } }],
    errors: [
      "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
      `webhooks[0].clientConfig.service.path: Invalid value: "a//B": must start with a '/'`,
      'webhooks[0].clientConfig.service.path: Invalid value: "a//B": segment[0] may not be empty',
      'webhooks[0].clientConfig.service.path: Invalid value: "a//B": segment[1] may not be empty',
      `webhooks[0].clientConfig.service.path: Invalid value: "a//B": segment[2]: ${DOMAIN}`,
    ],
  },
  {
    name: "conditions and selectors",
    webhooks: [
      {
        ...good,
        namespaceSelector: { matchExpressions: [{ key: "a", operator: "In" }] },
        matchConditions: [
          { name: "a", expression: "true" },
          { name: "a", expression: " " },
          { name: "", expression: "true" },
        ],
      },
    ],
    errors: [
      "webhooks[0].namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "webhooks[0].matchConditions[1].expression: Required value",
      'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
      "webhooks[0].matchConditions[2].name: Required value",
    ],
  },
]
for (const { name, webhooks, errors } of cases) {
  test(`webhooks: ${name}`, () => {
    assert.deepEqual(createErrors(MutatingWebhookConfiguration, { metadata: { name: "a" }, webhooks }), errors)
  })
}

test("names of static configurations give a warning", () => {
  const named = (name: string) => ({ metadata: { name } }) as never
  const { warnings } = ValidatingWebhookConfiguration.strategy
  assert.deepEqual(warnings?.(named("a"), undefined), [])
  assert.deepEqual(warnings?.(named("a.static.k8s.io"), undefined), [
    'metadata.name: names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API',
  ])
})
