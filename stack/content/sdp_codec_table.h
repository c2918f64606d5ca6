/*
 * Parameters of formats that an answer has to take from the offer. SAME: the format is another one unless they are equal, in
 * so many first characters (0: all), `missing` where none is given. COPY: what the offer says is said again. Rows only, no
 * guard.
 */
/*                       encoding  parameter             rule  missing   characters */
SIP_SDP_CODEC_PARAMETER("H264", "packetization-mode", SAME, "0", 0)
SIP_SDP_CODEC_PARAMETER("H264", "profile-level-id", SAME, "42000a", 2)
SIP_SDP_CODEC_PARAMETER("H265", "profile-id", SAME, "1", 0)
SIP_SDP_CODEC_PARAMETER("VP9", "profile-id", SAME, "0", 0)
SIP_SDP_CODEC_PARAMETER("AV1", "profile", SAME, "0", 0)
SIP_SDP_CODEC_PARAMETER("AMR", "octet-align", SAME, "0", 0)
SIP_SDP_CODEC_PARAMETER("AMR-WB", "octet-align", SAME, "0", 0)
SIP_SDP_CODEC_PARAMETER("G7221", "bitrate", SAME, "", 0)
SIP_SDP_CODEC_PARAMETER("G729", "annexb", COPY, "", 0)
