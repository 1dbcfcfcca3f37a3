/** Settings of the store that replicas share. */
import { STORE_DEADLINE_MS_DEFAULT, REDIS_CONNECT_MS } from '../../core/limits.ts';
import { duration, flag, group, text } from '../setting.ts';
import { secretLeaf } from './secret.ts';
import { ms } from './forms.ts';

export const REDIS = group(
  'Redis that all replicas of the service share: one budget for limits, one list of bans.',
  {
    url: text(
      'Address. Without one, limits and bans are those of this process alone.',
      'redis://host:6379/0, redis+sentinel://host1,host2/master-name or redis+cluster://host1,host2; rediss… for TLS',
    ),
    username: text('ACL user.', 'a user name'),
    password: secretLeaf('Password of the user, or of the server.'),
    sentinel_username: text('ACL user of the sentinels.', 'a user name'),
    sentinel_password: secretLeaf('Password of the sentinels.'),
    tls: group('For rediss addresses. The certificate of the server is always verified.', {
      ca: text('File of PEM certificates that may sign the server, instead of the system roots.', 'a path'),
      cert: text('PEM file of the client certificate.', 'a path'),
      key: text('PEM file of its private key.', 'a path'),
      server_name: text('Name the certificate must carry, where it is not the host.', 'a host name', {
        format: 'host',
      }),
    }),
    prefix: text('First part of every key.', 'a few letters', { default: 'ward' }),
    service: text(
      'Second part of every key: services on one Redis that share neither limits nor bans have different ones. Default: the name of the policy.',
      'letters, digits, `.`, `_` and `-`',
      { format: 'service-name' },
    ),
    timeout: duration(
      'How long a call may take before the limiter does what its `down ->` says.',
      ms(STORE_DEADLINE_MS_DEFAULT),
    ),
    connect_timeout: duration('How long connecting may take.', ms(REDIS_CONNECT_MS)),
    required: flag(
      'Refuse to start while Redis cannot be used. Otherwise Ward starts, says so, and limiters do what their `down ->` says.',
      false,
    ),
  },
);
