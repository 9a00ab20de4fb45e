export default { all: ["envelopes", "elsewhere"] };
