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

/* What each of its streams came to; those that are over are not counted. */
function agreed(pc, ...directions) {
	const are = pc.getTransceivers().map(t => t.currentDirection).filter(d => d !== 'stopped');
	if (are.join() !== directions.join())
		throw new Error(`agreed on ${are.join()}, expected ${directions.join()}`);
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
		agreed(pc, 'sendrecv');
		await ours(pc);
		agreed(pc, 'sendrecv', 'recvonly', 'recvonly');
		await theirs(pc);
		agreed(pc, 'sendrecv', 'recvonly', 'recvonly');
	},
	'everything, then more of it': async policy => {
		const pc = open(policy, ['audio', 'video', 'data']);
		await theirs(pc);
		agreed(pc, 'sendrecv', 'sendrecv');
		pc.addTransceiver('video');
		await theirs(pc);
		await ours(pc);
		agreed(pc, 'sendrecv', 'sendrecv', 'sendrecv');
	},
	'data first': async policy => {
		const pc = open(policy, ['data']);
		await theirs(pc);
		pc.addTransceiver('audio');
		await theirs(pc);
		agreed(pc, 'sendrecv');
		await ours(pc);
		agreed(pc, 'sendrecv', 'recvonly', 'recvonly');
	},
	'our offer first': async policy => {
		const pc = open(policy, []);
		await ours(pc);
		agreed(pc, 'recvonly', 'recvonly', 'recvonly');
		await theirs(pc);
		await ours(pc);
		agreed(pc, 'recvonly', 'recvonly', 'recvonly');
	},
	'our offer first, to one who has media': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await ours(pc);
		await theirs(pc);
		agreed(pc, 'recvonly', 'recvonly', 'recvonly');
	},
	'one is stopped, and another comes': async policy => {
		const pc = open(policy, ['audio', 'video', 'data']);
		await theirs(pc);
		pc.getTransceivers()[1].stop();
		await theirs(pc);
		agreed(pc, 'sendrecv');
		await ours(pc);
		agreed(pc, 'sendrecv', 'recvonly', 'recvonly');
	},
	'one is stopped, and takes its place again': async policy => {
		const pc = open(policy, ['audio', 'video', 'data']);
		await theirs(pc);
		pc.getTransceivers()[1].stop();
		await theirs(pc);
		pc.addTransceiver('video');
		await theirs(pc);
		agreed(pc, 'sendrecv', 'sendrecv');
	},
	'the first is stopped': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await theirs(pc);
		pc.getTransceivers()[0].stop();
		await theirs(pc);
		agreed(pc, 'sendrecv');
		await theirs(pc);
		agreed(pc, 'sendrecv');
	},
	'hold, and ICE anew': async policy => {
		const pc = open(policy, ['audio', 'video']);
		await theirs(pc);
		for (const t of pc.getTransceivers())
			t.direction = 'inactive';
		await theirs(pc);
		agreed(pc, 'inactive', 'inactive');
		for (const t of pc.getTransceivers())
			t.direction = 'sendrecv';
		pc.restartIce();
		await theirs(pc);
		agreed(pc, 'sendrecv', 'sendrecv');
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
