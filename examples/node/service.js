// SPDX-License-Identifier: Apache-2.0

// A web service with its mesh certificate, taken from the environment. Which port it got stands in the file "port".
'use strict';
const fs = require('fs');
const https = require('https');

const { GREETING, MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN: cert, MARBLE_PREDEFINED_PRIVATE_KEY: key } = process.env;
delete process.env.MARBLE_PREDEFINED_PRIVATE_KEY; // not for children

const server = https.createServer({ cert, key }, (_request, response) => response.end(`${GREETING}\n`));
server.listen(0, '127.0.0.1', () => {
    fs.writeFileSync('port.new', String(server.address().port));
    fs.renameSync('port.new', 'port');
});
