// Answers each JSON line of standard input with one of its own: {id, seconds, body} is signed, {headers, body} verified.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.argv[2]);

function verifies(headers, body) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, seconds, headers, body } = JSON.parse(line);
  const answer = headers ? verifies(headers, body) : webhook.sign(id, new Date(seconds * 1000), body);
  process.stdout.write(JSON.stringify(answer) + "\n");
}
