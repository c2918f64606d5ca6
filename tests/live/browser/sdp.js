/* Offers and answers of this browser and of sdp_talker (POST /talker), every kind of exchange one after the other; says what came of it. */
'use strict';

const said = words => fetch('/said', { method: 'POST', body: words });

async function tell(order, text) {
	const response = await fetch('/talker?order=' + order, { method: 'POST', body: text || '' });
	const body = await response.text();
	if (!response.ok)
		throw new Error(order + ': ' + body);
	return body;
}

/* An exchange each way. What neither can take is thrown. */
async function theirs(pc) {
	await pc.setLocalDescription(await pc.createOffer());
	await pc.setRemoteDescription({ type: 'answer', sdp: await tell('answer', pc.localDescription.sdp) });
}

async function ours(pc) {
	await pc.setRemoteDescription({ type: 'offer', sdp: await tell('offer') });
	await pc.setLocalDescription(await pc.createAnswer());
	await tell('take', pc.localDescription.sdp);
}

function open(policy, kinds) {
	const pc = new RTCPeerConnection({ bundlePolicy: policy });
	for (const kind of kinds)
		kind === 'data' ? pc.createDataChannel('d') : pc.addTransceiver(kind);
	return pc;
}

const exchanges = {
	'audio': async policy => {
		const pc = open(policy, ['audio']);
		await theirs(pc);
		await ours(pc);
		await theirs(pc);
	},
	'everything, then more of it': async policy => {
		const pc = open(policy, ['audio', 'video', 'data']);
		await theirs(pc);
		pc.addTransceiver('video');
		await theirs(pc);
		await ours(pc);
	},
	'data first': async policy => {
		const pc = open(policy, ['data']);
		await theirs(pc);
		pc.addTransceiver('audio');
		await theirs(pc);
		await ours(pc);
	},
	'our offer first': async policy => {
		const pc = open(policy, []);
		await ours(pc);
		await theirs(pc);
		await ours(pc);
	},
	'our offer first, to one who has media': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await ours(pc);
		await theirs(pc);
	},
	'one is stopped, and another comes': async policy => {
		const pc = open(policy, ['audio', 'video', 'data']);
		await theirs(pc);
		pc.getTransceivers()[1].stop();
		await theirs(pc);
		await ours(pc);
		pc.addTransceiver('video');
		await theirs(pc);
	},
	'the first is stopped': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await theirs(pc);
		pc.getTransceivers()[0].stop();
		await theirs(pc);
		await theirs(pc);
	},
	'hold, and ICE anew': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await theirs(pc);
		for (const t of pc.getTransceivers())
			t.direction = 'inactive';
		await theirs(pc);
		for (const t of pc.getTransceivers())
			t.direction = 'sendrecv';
		pc.restartIce();
		await theirs(pc);
	},
};

async function run() {
	for (const mode of ['', 'session', 'nobundle', 'session nobundle'])
		for (const policy of /nobundle/.test(mode) ? ['balanced', 'max-compat'] : ['balanced', 'max-compat', 'max-bundle'])
			for (const name in exchanges) {
				await tell('new', mode);
				await exchanges[name](policy).then(() => said('good'), e => said(`bad ${name} (${policy}; ${mode}): ${e.message}`));
			}
	await said('over');
}

run().catch(e => said('bad ' + e));
