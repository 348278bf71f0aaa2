// Writes one JSON line for each example payload: its event, its body as a forge would send it, and both signatures.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { sign } from "@octokit/webhooks-methods";

const secret = process.argv[2];
const load = createRequire(import.meta.url);
const examples = load("@octokit/webhooks-examples");
for (const { name, examples: payloads } of examples.default ?? examples) {
  for (const payload of payloads) {
    const body = JSON.stringify(payload);
    const sha256 = await sign(secret, body);
    const sha1 = "sha1=" + createHmac("sha1", secret).update(body).digest("hex");
    process.stdout.write(JSON.stringify({ event: name, body, sha256, sha1 }) + "\n");
  }
}
