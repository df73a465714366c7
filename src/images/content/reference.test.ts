import assert from "node:assert/strict"
import { test } from "node:test"
import { isImageError } from "../images.ts"
import { canonicalName, familiarName, parseReference } from "./reference.ts"

const hex = "0123456789abcdef".repeat(4)

const good = [
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["bitnami/redis", "docker.io/bitnami/redis:latest"],
  ["index.docker.io/nginx", "docker.io/library/nginx:latest"],
  ["docker.io/nginx", "docker.io/library/nginx:latest"],
  ["docker.io/library/nginx:latest", "docker.io/library/nginx:latest"],
  ["localhost/web", "localhost/web:latest"],
  ["localhost:5000/web:v1", "localhost:5000/web:v1"],
  ["127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest"],
  ["[::1]:5000/web", "[::1]:5000/web:latest"],
  ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
  ["Registry.Example/web", "Registry.Example/web:latest"],
  [`nginx@sha256:${hex}`, `docker.io/library/nginx@sha256:${hex}`],
  [`nginx:1.27@sha256:${hex}`, `docker.io/library/nginx@sha256:${hex}`],
  ["a__b/c-d.e", "docker.io/a__b/c-d.e:latest"],
] as const

for (const [text, full] of good) {
  test(`${text} means ${full}`, () => {
    assert.equal(canonicalName(parseReference(text)), full)
    assert.equal(canonicalName(parseReference(full)), full)
  })
}

const bad = [
  "",
  "NGINX",
  "a//b",
  "nginx:",
  "nginx:-x",
  "nginx@sha256:12",
  `nginx@sha512:${hex}${hex}`,
  hex,
  "/x",
  "x/",
  "-x/y.",
  "a b",
]
for (const text of bad) {
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(
      () => parseReference(text),
      (error) => isImageError(error, "InvalidReference"),
    )
  })
}

test("familiar names are what people type", () => {
  assert.equal(familiarName("docker.io/library/nginx:latest"), "nginx:latest")
  assert.equal(familiarName("docker.io/bitnami/redis:7"), "bitnami/redis:7")
  assert.equal(familiarName("quay.io/x/y:1"), "quay.io/x/y:1")
})
