"""A fourth zoo for export.py (`--set more`): families that none of the others has, each in a small configuration."""
import torch
from torch import nn

from further import AUDIO, DECODER, ENCODER_DECODER, TINY, detector, eager, encoder_decoder, speech, video
from wide import SMALL, family, timm_model, torchvision_model

SEQUENCE = {**SMALL, "bos_token_id": 1, "eos_token_id": 2}


def whole_detector(name, size, **options):
    """A detector with anchors, suppression and all."""
    def make():
        import torchvision
        net = torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=4, **options)

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return tuple(self.net([x[0]])[0].values())
        return Out(), (torch.rand(1, 3, size, size),)
    return make


class Named(nn.Module):
    """Takes its inputs in order, hands them on by name, and gives what `answer` takes of the result."""

    def __init__(self, net, inputs, answer):
        super().__init__()
        self.net = net
        self.names = list(inputs)
        self.answer = answer

    def forward(self, *given):
        return self.answer(self.net(**dict(zip(self.names, given))))


def first_answer(y):
    for name in ("logits", "logits_per_image", "last_hidden_state", "predicted_depth", "reconstruction"):
        if getattr(y, name, None) is not None:
            return y[name]
    return y[0]


def logits_or_first(y):
    return y.logits if hasattr(y, "logits") else y.logits_per_image if hasattr(y, "logits_per_image") else y[0]


def several(model, config, inputs, **settings):
    """A network of transformers that takes several named inputs; what it answers with is spread."""
    def make():
        net = eager(model, config, settings)
        return Named(net, inputs, first_answer), tuple(inputs.values())
    return make


def whole(model, config, build, inputs):
    """As `several`, of a configuration that holds others."""
    def make():
        import transformers
        made = build(transformers)
        made._attn_implementation = "eager"
        net = getattr(transformers, model)(made)
        return Named(net, inputs, logits_or_first), tuple(inputs.values())
    return make


tokens = lambda length=16: torch.randint(3, 100, (1, length))
ones = lambda length=16: torch.ones(1, length, dtype=torch.long)
pixels = lambda size=32: torch.randn(1, 3, size, size)
vision = lambda model, config, size=32, **settings: speech(model, config, (3, size, size), **settings)
decoder = lambda model, config, **settings: family(model, config, decoder=True, **{**SEQUENCE, **settings})
encoder = lambda model, config, **settings: family(model, config, mask=True, **{**SMALL, **settings})
causal = lambda model, config, **settings: family(model, config, decoder=True, **{**DECODER, **settings})
CLIP = lambda t, text, image, whole_: whole_(text_config=text(**{**SMALL, "bos_token_id": 1, "eos_token_id": 2, "projection_dim": 32}).to_dict(), vision_config=image(**TINY, image_size=32, patch_size=8, projection_dim=32).to_dict(), projection_dim=32)

TEXT = {
    "rembert": encoder("RemBertForSequenceClassification", "RemBertConfig", input_embedding_size=32, output_embedding_size=32),
    "roformer": encoder("RoFormerForSequenceClassification", "RoFormerConfig", embedding_size=64),
    "nystromformer": encoder("NystromformerForSequenceClassification", "NystromformerConfig", num_landmarks=4, segment_means_seq_len=16, conv_kernel_size=3),
    "megatron_bert": encoder("MegatronBertForSequenceClassification", "MegatronBertConfig"),
    "ernie": encoder("ErnieForSequenceClassification", "ErnieConfig"),
    "data2vec_text": encoder("Data2VecTextForSequenceClassification", "Data2VecTextConfig"),
    "ibert": encoder("IBertForSequenceClassification", "IBertConfig"),
    "canine": encoder("CanineForSequenceClassification", "CanineConfig", num_hash_buckets=64, local_transformer_stride=4, downsampling_rate=4),
    "fnet": family("FNetForSequenceClassification", "FNetConfig", vocab_size=100, hidden_size=64, num_hidden_layers=2, intermediate_size=128, max_position_embeddings=64, use_tpu_fourier_optimizations=True, tpu_short_seq_length=16),
    "xlnet": family("XLNetForSequenceClassification", "XLNetConfig", mask=True, vocab_size=100, d_model=64, n_layer=2, n_head=4, d_inner=128),
    "xlm": family("XLMForSequenceClassification", "XLMConfig", mask=True, vocab_size=100, emb_dim=64, n_layers=2, n_heads=4),
    "luke": encoder("LukeModel", "LukeConfig", entity_vocab_size=20, entity_emb_size=32),
    "longformer": encoder("LongformerForSequenceClassification", "LongformerConfig", attention_window=4),
    "bigbird": encoder("BigBirdForSequenceClassification", "BigBirdConfig", attention_type="original_full"),
    "modernbert": encoder("ModernBertForSequenceClassification", "ModernBertConfig", bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2),
    "layoutlm": encoder("LayoutLMForSequenceClassification", "LayoutLMConfig"),
    "esm": encoder("EsmForSequenceClassification", "EsmConfig", position_embedding_type="rotary", mask_token_id=3),
    "splinter": encoder("SplinterModel", "SplinterConfig"),
    "mra": encoder("MraModel", "MraConfig"),
    "bert_qa": encoder("BertForTokenClassification", "BertConfig"),
    "gpt_bigcode": family("GPTBigCodeForCausalLM", "GPTBigCodeConfig", decoder=True, vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64),
    "codegen": family("CodeGenForCausalLM", "CodeGenConfig", decoder=True, vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64, rotary_dim=8, bos_token_id=1, eos_token_id=2),
    "ctrl": family("CTRLLMHeadModel", "CTRLConfig", decoder=True, vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64, dff=128),
    "openai_gpt": family("OpenAIGPTLMHeadModel", "OpenAIGPTConfig", vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64),
    "xglm": family("XGLMForCausalLM", "XGLMConfig", decoder=True, vocab_size=100, d_model=64, num_layers=2, attention_heads=4, ffn_dim=128, max_position_embeddings=64),
    "biogpt": decoder("BioGptForCausalLM", "BioGptConfig"),
    "phi3": causal("Phi3ForCausalLM", "Phi3Config", original_max_position_embeddings=64),
    "olmo": causal("OlmoForCausalLM", "OlmoConfig"),
    "olmo2": causal("Olmo2ForCausalLM", "Olmo2Config"),
    "granite": causal("GraniteForCausalLM", "GraniteConfig"),
    "stablelm": causal("StableLmForCausalLM", "StableLmConfig"),
    "persimmon": decoder("PersimmonForCausalLM", "PersimmonConfig"),
    "nemotron": causal("NemotronForCausalLM", "NemotronConfig"),
    "glm": causal("GlmForCausalLM", "GlmConfig", head_dim=16),
    "gemma": causal("GemmaForCausalLM", "GemmaConfig", head_dim=16),
    "gemma3": causal("Gemma3ForCausalLM", "Gemma3TextConfig", head_dim=16, sliding_window=8),
    "smollm3": causal("SmolLM3ForCausalLM", "SmolLM3Config"),
    "mixtral": causal("MixtralForCausalLM", "MixtralConfig", num_local_experts=4, num_experts_per_tok=2),
    "qwen2_moe": causal("Qwen2MoeForCausalLM", "Qwen2MoeConfig", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, shared_expert_intermediate_size=32, decoder_sparse_step=1),
    "mamba": family("MambaForCausalLM", "MambaConfig", decoder=True, vocab_size=100, hidden_size=32, state_size=4, num_hidden_layers=2),
    "mpt": family("MptForCausalLM", "MptConfig", decoder=True, vocab_size=100, d_model=64, n_layers=2, n_heads=4, max_seq_len=64),
    "lfm2": causal("Lfm2ForCausalLM", "Lfm2Config", layer_types=["conv", "full_attention"], conv_L_cache=3),
    "pegasus": encoder_decoder("PegasusForConditionalGeneration", "PegasusConfig", **ENCODER_DECODER),
    "mbart": encoder_decoder("MBartForConditionalGeneration", "MBartConfig", **ENCODER_DECODER),
    "blenderbot": encoder_decoder("BlenderbotForConditionalGeneration", "BlenderbotConfig", **ENCODER_DECODER),
    "m2m_100": encoder_decoder("M2M100ForConditionalGeneration", "M2M100Config", **ENCODER_DECODER),
    "mt5": encoder_decoder("MT5ForConditionalGeneration", "MT5Config", vocab_size=100, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4, pad_token_id=0, decoder_start_token_id=0),
    "longt5": encoder_decoder("LongT5ForConditionalGeneration", "LongT5Config", vocab_size=100, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4, local_radius=4, pad_token_id=0, decoder_start_token_id=0),
    "prophetnet": encoder_decoder("ProphetNetForConditionalGeneration", "ProphetNetConfig", vocab_size=100, hidden_size=48, encoder_ffn_dim=96, num_encoder_layers=1, num_encoder_attention_heads=4, decoder_ffn_dim=96, num_decoder_layers=1, num_decoder_attention_heads=4, max_position_embeddings=64, pad_token_id=0, decoder_start_token_id=0),
    "led": encoder_decoder("LEDForConditionalGeneration", "LEDConfig", **ENCODER_DECODER, attention_window=4, max_encoder_position_embeddings=64, max_decoder_position_embeddings=64),
}

IMAGES = {
    "swin_hf": vision("SwinForImageClassification", "SwinConfig", 32, image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
    "swinv2_hf": vision("Swinv2ForImageClassification", "Swinv2Config", 32, image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
    "swin2sr": vision("Swin2SRForImageSuperResolution", "Swin2SRConfig", 16, image_size=16, patch_size=1, embed_dim=16, depths=[2], num_heads=[2], window_size=4, upscale=2),
    "deit_hf": vision("DeiTForImageClassificationWithTeacher", "DeiTConfig", 32, **TINY, image_size=32, patch_size=8),
    "beit_hf": vision("BeitForImageClassification", "BeitConfig", 32, **TINY, image_size=32, patch_size=8, use_relative_position_bias=True),
    "dpt": vision("DPTForDepthEstimation", "DPTConfig", 32, **{**TINY, "num_hidden_layers": 4}, image_size=32, patch_size=8, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[16, 32, 48, 48], fusion_hidden_size=32),
    "glpn": vision("GLPNForDepthEstimation", "GLPNConfig", 64, num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[16, 32], patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[4, 4], decoder_hidden_size=32),
    "cvt": vision("CvtForImageClassification", "CvtConfig", 64, embed_dim=[16, 32, 48], num_heads=[1, 2, 4], depth=[1, 1, 1]),
    "van": vision("ConvNextV2ForImageClassification", "ConvNextV2Config", 64, hidden_sizes=[16, 24, 32, 48], depths=[1, 1, 1, 1]),
    "pvt": vision("PvtForImageClassification", "PvtConfig", 64, image_size=64, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4]),
    "bit": vision("BitForImageClassification", "BitConfig", 64, embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1]),
    "mobilevit_seg": vision("MobileViTForSemanticSegmentation", "MobileViTConfig", 64, hidden_sizes=[24, 32, 40], neck_hidden_sizes=[8, 8, 16, 16, 24, 32, 64], num_attention_heads=2, image_size=64, aspp_out_channels=32),
    "levit_hf": vision("LevitForImageClassification", "LevitConfig", 64, image_size=64, hidden_sizes=[32, 48, 64], num_attention_heads=[2, 3, 4], depths=[1, 1, 1], key_dim=[8, 8, 8]),
    "poolformer_hf": vision("PoolFormerForImageClassification", "PoolFormerConfig", 64, hidden_sizes=[16, 24, 32, 48], depths=[1, 1, 1, 1]),
    "focalnet_hf": vision("FocalNetForImageClassification", "FocalNetConfig", 64, image_size=64, embed_dim=16, depths=[1, 1, 1, 1]),
    "siglip": vision("SiglipForImageClassification", "SiglipConfig", 32, vision_config={**TINY, "image_size": 32, "patch_size": 8}),
    "superpoint": vision("SuperPointForKeypointDetection", "SuperPointConfig", 64, encoder_hidden_sizes=[16, 16, 32, 32], decoder_hidden_size=32),
    "vitdet": vision("VitDetModel", "VitDetConfig", 64, **{**TINY}, image_size=64, patch_size=8, window_size=4, window_block_indices=[0], use_relative_position_embeddings=True),
    "hiera_hf": vision("HieraForImageClassification", "HieraConfig", 64, image_size=[64, 64], embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8]),
    "efficientnet_hf": vision("EfficientNetForImageClassification", "EfficientNetConfig", 64, width_coefficient=0.5, depth_coefficient=0.5, hidden_dim=640),
    "mobilenet_v1_hf": vision("MobileNetV1ForImageClassification", "MobileNetV1Config", 64, depth_multiplier=0.25),
    "mobilenet_v2_hf": vision("MobileNetV2ForSemanticSegmentation", "MobileNetV2Config", 64, depth_multiplier=0.35),
    "resnet_hf": vision("ResNetForImageClassification", "ResNetConfig", 64, embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1]),
    "regnet_hf": vision("RegNetForImageClassification", "RegNetConfig", 64, embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], groups_width=8),
    "upernet": whole("UperNetForSemanticSegmentation", "UperNetConfig", lambda t: t.UperNetConfig(backbone_config=t.ConvNextConfig(hidden_sizes=[16, 24, 32, 48], depths=[1, 1, 1, 1], out_features=["stage1", "stage2", "stage3", "stage4"]), hidden_size=32, pool_scales=[1, 2], use_auxiliary_head=False), {"pixel_values": pixels(64)}),
    "depth_anything": whole("DepthAnythingForDepthEstimation", "DepthAnythingConfig", lambda t: t.DepthAnythingConfig(backbone_config=t.Dinov2Config(hidden_size=48, num_hidden_layers=4, num_attention_heads=4, image_size=56, patch_size=14, out_indices=[1, 2, 3, 4], reshape_hidden_states=False), reassemble_hidden_size=48, neck_hidden_sizes=[16, 24, 32, 48], fusion_hidden_size=24, head_hidden_size=16), {"pixel_values": pixels(56)}),
    "detr": whole("DetrForObjectDetection", "DetrConfig", lambda t: t.DetrConfig(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=t.ResNetConfig(embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], out_features=["stage4"]), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, num_queries=10), {"pixel_values": pixels(64)}),
    "rt_detr": whole("RTDetrForObjectDetection", "RTDetrConfig", lambda t: t.RTDetrConfig(backbone_config=t.RTDetrResNetConfig(embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage2", "stage3", "stage4"]), encoder_hidden_dim=32, encoder_in_channels=[32, 48, 64], feat_strides=[8, 16, 32], encoder_layers=1, encoder_ffn_dim=64, encoder_attention_heads=4, d_model=32, num_queries=10, decoder_in_channels=[32, 32, 32], decoder_ffn_dim=64, decoder_layers=1, decoder_attention_heads=4, num_denoising=0, anchor_image_size=[64, 64], eval_size=[64, 64]), {"pixel_values": pixels(64)}),
    "clip": whole("CLIPModel", "CLIPConfig", lambda t: CLIP(t, t.CLIPTextConfig, t.CLIPVisionConfig, t.CLIPConfig), {"input_ids": tokens(), "pixel_values": pixels(), "attention_mask": ones()}),
    "siglip_whole": whole("SiglipModel", "SiglipConfig", lambda t: CLIP(t, t.SiglipTextConfig, t.SiglipVisionConfig, t.SiglipConfig), {"input_ids": tokens(), "pixel_values": pixels()}),
    "vilt": several("ViltModel", "ViltConfig", {"input_ids": tokens(), "attention_mask": ones(), "pixel_values": pixels(), "pixel_mask": torch.ones(1, 32, 32, dtype=torch.long)}, **SMALL, image_size=32, patch_size=8),
    "timesformer": speech("TimesformerForVideoClassification", "TimesformerConfig", (4, 3, 32, 32), **TINY, image_size=32, patch_size=8, num_frames=4),
    "videomae": speech("VideoMAEForVideoClassification", "VideoMAEConfig", (4, 3, 32, 32), **TINY, image_size=32, patch_size=8, num_frames=4),
    "vivit": speech("VivitForVideoClassification", "VivitConfig", (4, 3, 32, 32), **TINY, image_size=32, num_frames=4, tubelet_size=[2, 8, 8]),
    "perceiver": speech("PerceiverModel", "PerceiverConfig", (16, 48), d_model=48, d_latents=32, num_latents=8, num_blocks=1, num_self_attends_per_block=2, num_self_attention_heads=4, num_cross_attention_heads=4),
}

SOUND = {
    "wavlm": speech("WavLMForSequenceClassification", "WavLMConfig", (1600,), **AUDIO),
    "unispeech": speech("UniSpeechForCTC", "UniSpeechConfig", (1600,), **AUDIO),
    "sew": speech("SEWForCTC", "SEWConfig", (1600,), **{**AUDIO, "squeeze_factor": 2}),
    "data2vec_audio": speech("Data2VecAudioForCTC", "Data2VecAudioConfig", (1600,), **{**AUDIO}),
    "wav2vec2_conformer": speech("Wav2Vec2ConformerForCTC", "Wav2Vec2ConformerConfig", (1600,), **AUDIO),
    "speech_to_text": several("Speech2TextForConditionalGeneration", "Speech2TextConfig", {"input_features": torch.randn(1, 32, 16), "decoder_input_ids": tokens(8)}, **{**ENCODER_DECODER, "input_feat_per_channel": 16, "conv_channels": 32}),
    "whisper": several("WhisperForConditionalGeneration", "WhisperConfig", {"input_features": torch.randn(1, 16, 40), "decoder_input_ids": tokens(8)}, **{**ENCODER_DECODER, "num_mel_bins": 16, "max_source_positions": 20, "max_target_positions": 20}),
    "encodec": several("EncodecModel", "EncodecConfig", {"input_values": torch.randn(1, 1, 640)}, num_filters=4, hidden_size=16, num_residual_layers=1, codebook_size=16, codebook_dim=16, sampling_rate=24000),
    "univnet": speech("UnivNetModel", "UnivNetConfig", (8, 100), model_hidden_channels=8, kernel_predictor_hidden_channels=8),
    "patchtst": several("PatchTSTForPrediction", "PatchTSTConfig", {"past_values": torch.randn(1, 32, 3)}, num_input_channels=3, context_length=32, patch_length=4, patch_stride=4, d_model=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=64, prediction_length=8),
    "patchtsmixer": several("PatchTSMixerForPrediction", "PatchTSMixerConfig", {"past_values": torch.randn(1, 32, 3)}, num_input_channels=3, context_length=32, patch_length=4, patch_stride=4, d_model=16, num_layers=2, prediction_length=8),
}

TESTS = """test_byobnet test_convnext test_convnext2 test_convnext3 test_efficientnet test_efficientnet_evos test_efficientnet_gn test_efficientnet_ln test_mambaout test_nfnet test_resnet test_vit test_vit2 test_vit3 test_vit4""".split()
SMALL_IMAGES = """darknet53 darknetaa53 densenetblur121d dm_nfnet_f0 gernet_s resnetaa50 resnetblur50 ese_vovnet39b mobilenet_edgetpu_v2_xs repghostnet_050 rexnet_100
skresnext50_32x4d swiftformer_xs tf_efficientnet_b0 tf_mixnet_s tf_mobilenetv3_small_minimal_100 fbnetv3_b efficientnet_es efficientnet_cc_b0_4e regnetz_b16 regnetv_040 resnetrs50 resnest26d fasternet_t0
shvit_s1 mambaout_femto convnext_atto convnext_atto_ols convnext_zepto_rms hgnet_tiny mobilenetv4_hybrid_medium nextvit_small repvit_m1 ghostnet_050 efficientvit_l1 efficientnetv2_rw_t mobileone_s1
xception65 legacy_xception legacy_senet154 dla60_res2net dla60x hrnet_w18_small_v2 res2next50 resnet10t resnet14t resnetv2_50d_evos resnetv2_50d_gn seresnextaa101d_32x8d mnasnet_small pvt_v2_b1 mobilenetv3_large_150d
tresnet_v2_l vovnet57a wide_resnet50_2 resnext26ts seresnet33ts inception_next_tiny edgenext_small_rw repvgg_b0 repvgg_d2se csatv2""".split()
MEDIUM_IMAGES = """fastvit_sa12 fastvit_ma36 efficientformerv2_s1 mobilevitv2_075 mobilevit_xs cs3darknet_s cs3se_edgenet_x crossvit_9_240 maxxvit_rmlp_nano_rw_256 maxxvitv2_nano_rw_256 maxvit_pico_rw_256 coatnext_nano_rw_224
halonet50ts sehalonet33ts eca_botnext26ts_256 sebotnet33ts_256 lambda_resnet26rpt_256 lamhalobotnet50ts_256""".split()
FULL_IMAGES = """volo_d1_224 coat_tiny coat_lite_mini twins_pcpvt_small vitamin_small_224 gmixer_12_224 convit_small deit3_small_patch16_224 deit_tiny_distilled_patch16_224 beitv2_base_patch16_224
flexivit_small vit_tiny_r_s16_p8_224 vit_base_patch16_siglip_224 vit_medium_patch16_gap_240 vit_base_patch32_clip_224 vit_srelpos_small_patch16_224 vit_dpwee_patch16_reg1_gap_256 vit_wee_patch16_reg1_gap_256 eva02_small_patch14_224
swin_s3_tiny_224 hieradet_small samvit_base_patch16_224 vit_dwee_patch16_reg1_gap_256 naflexvit_base_patch16_gap mvitv2_small tnt_b_patch16_224 pit_xs_distilled_224 levit_192""".split()
SIZES = {"halonet50ts": 256, "sehalonet33ts": 256, "eca_botnext26ts_256": 256, "sebotnet33ts_256": 256, "lambda_resnet26rpt_256": 256, "lamhalobotnet50ts_256": 256,
         "crossvit_9_240": 240, "maxxvit_rmlp_nano_rw_256": 256, "maxxvitv2_nano_rw_256": 256, "maxvit_pico_rw_256": 256, "coatnext_nano_rw_224": 224, "vit_medium_patch16_gap_240": 240,
         "vit_dpwee_patch16_reg1_gap_256": 256, "vit_wee_patch16_reg1_gap_256": 256, "vit_dwee_patch16_reg1_gap_256": 256}
SHALLOW = {name: dict(depth=2) for name in """deit3_small_patch16_224 beitv2_base_patch16_224 flexivit_small vit_base_patch16_siglip_224 vit_medium_patch16_gap_240 vit_base_patch32_clip_224 vit_srelpos_small_patch16_224
vit_dpwee_patch16_reg1_gap_256 vit_wee_patch16_reg1_gap_256 vit_dwee_patch16_reg1_gap_256 eva02_small_patch14_224 samvit_base_patch16_224 convit_small""".split()}

ZOO = {
    **TEXT, **IMAGES, **SOUND,
    **{name: timm_model(name, 64 if "vit" not in name else 128) for name in TESTS},
    **{name: timm_model(name, 64) for name in SMALL_IMAGES},
    **{name: timm_model(name, SIZES.get(name, 128)) for name in MEDIUM_IMAGES},
    **{name: timm_model(name, SIZES.get(name, 224), **SHALLOW.get(name, {})) for name in FULL_IMAGES},
    **{name: torchvision_model(name) for name in "densenet201 regnet_y_1_6gf efficientnet_v2_m shufflenet_v2_x1_5 swin_v2_s convnext_small mnasnet1_3".split()},
    "maskrcnn_resnet50_fpn": detector("maskrcnn_resnet50_fpn"), "fasterrcnn_resnet50_fpn_v2": detector("fasterrcnn_resnet50_fpn_v2"), "ssdlite_heads": detector("ssdlite320_mobilenet_v3_large", 320),
    "ssdlite320": whole_detector("ssdlite320_mobilenet_v3_large", 320), "retinanet": whole_detector("retinanet_resnet50_fpn", 96, min_size=96, max_size=96), "fasterrcnn": whole_detector("fasterrcnn_mobilenet_v3_large_320_fpn", 96, min_size=96, max_size=96),
    "maskrcnn": whole_detector("maskrcnn_resnet50_fpn", 96, min_size=96, max_size=96), "fcos": whole_detector("fcos_resnet50_fpn", 96, min_size=96, max_size=96),
    "swin3d_t": video("swin3d_t"), "mvit_v1_b": video("mvit_v1_b"),
}
