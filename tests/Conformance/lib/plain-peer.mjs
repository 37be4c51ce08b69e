// AMQP as before claims-based security: a connection that says who it is by SASL PLAIN, with rhea alone on this end.
import rhea from 'rhea';
import { connection, host } from './muster.mjs';
import { parseConnectionString, sas } from './sas.mjs';
import { event } from './until.mjs';

/** A connection as `policy`, closed at the end of the test. */
export function plainPeer(t, policy) {
  const { SharedAccessKey: key } = parseConnectionString(connection.policies[policy]);
  const peer = rhea.create_container().connect({
    transport: 'tls', host, port: connection.amqpPort, reconnect: false,
    username: `${policy}@sas.root.${host.split('.')[0]}`, password: sas(host, { key, policy }),
  });
  t.after(() => peer.close());
  return peer;
}

/** The error that the hub ends the link with. */
export async function refusalOf(link) {
  await event('the end of the link', link, link.is_sender() ? 'sender_error' : 'receiver_error');
  return link.error;
}
