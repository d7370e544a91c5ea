"""A fifth zoo for export.py (`--set unseen`): networks that no rule was written for, each in a small configuration."""
import torch

from further import AUDIO, DECODER, ENCODER_DECODER, TINY, detector, encoder_decoder, speech, video
from more import causal, encoder, ones, pixels, several, tokens, vision, whole
from wide import SMALL, family, segmentation, torchvision_model

STAGES = dict(embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1])
SWIN = dict(image_size=64, patch_size=4, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 4], window_size=4, out_features=["stage1", "stage2", "stage3", "stage4"])
T5 = dict(vocab_size=100, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4, pad_token_id=0, decoder_start_token_id=0)
EXPERTS = dict(num_experts=4, num_local_experts=4, num_experts_per_tok=2, moe_intermediate_size=32)
DETR = dict(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, num_queries=10)
SERIES = dict(prediction_length=8, context_length=16, input_size=1, lags_sequence=[1, 2, 3], num_time_features=2, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64)

resnet_backbone = lambda t, *features: t.ResNetConfig(**STAGES, out_features=list(features))
image_encoder = lambda model, config, **settings: vision(model, config, 32, **{**TINY, "image_size": 32, "patch_size": 8, **settings})
series = lambda model, config, **settings: several(model, config, {"past_values": torch.randn(1, 19), "past_time_features": torch.randn(1, 19, 2), "past_observed_mask": torch.ones(1, 19), "future_values": torch.randn(1, 8), "future_time_features": torch.randn(1, 8, 2)}, **{**SERIES, **settings})
boxes = lambda: torch.tensor([[[1, 2, 9, 8]] * 16])

TEXT = {
    "camembert": encoder("CamembertForSequenceClassification", "CamembertConfig"),
    "roberta_prelayernorm": encoder("RobertaPreLayerNormForSequenceClassification", "RobertaPreLayerNormConfig"),
    "xlm_roberta_xl": encoder("XLMRobertaXLForSequenceClassification", "XLMRobertaXLConfig"),
    "xmod": encoder("XmodModel", "XmodConfig", languages=["en"], default_language="en", adapter_reduction_factor=2),
    "roc_bert": encoder("RoCBertForSequenceClassification", "RoCBertConfig", pronunciation_vocab_size=100, shape_vocab_size=100, pronunciation_embed_dim=16, shape_embed_dim=16),
    "tapas": encoder("TapasModel", "TapasConfig"),
    "yoso": encoder("YosoModel", "YosoConfig", use_expectation=True),
    "flaubert": family("FlaubertForSequenceClassification", "FlaubertConfig", mask=True, vocab_size=100, emb_dim=64, n_layers=2, n_heads=4),
    "lilt": several("LiltModel", "LiltConfig", {"input_ids": tokens(), "bbox": boxes(), "attention_mask": ones()}, **{**SMALL, "hidden_size": 48, "channel_shrink_ratio": 2, "max_2d_position_embeddings": 64}),
    "layoutlmv3": several("LayoutLMv3ForTokenClassification", "LayoutLMv3Config", {"input_ids": tokens(), "bbox": boxes(), "attention_mask": ones(), "pixel_values": pixels()}, **{**SMALL, "coordinate_size": 10, "shape_size": 12, "max_2d_position_embeddings": 64, "input_size": 32, "patch_size": 8, "bos_token_id": 1, "eos_token_id": 2}),
    "bros": several("BrosModel", "BrosConfig", {"input_ids": tokens(), "bbox": torch.rand(1, 16, 8), "attention_mask": ones()}, **{**SMALL, "dim_bbox": 8}),
    "eurobert": encoder("EuroBertForSequenceClassification", "EuroBertConfig", num_key_value_heads=2, bos_token_id=1, eos_token_id=2),
    "esmc": encoder("EsmForTokenClassification", "EsmConfig", position_embedding_type="absolute", mask_token_id=3, token_dropout=False),
    "deepseek_v3": causal("DeepseekV3ForCausalLM", "DeepseekV3Config", q_lora_rank=24, kv_lora_rank=16, qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=16, first_k_dense_replace=2, num_key_value_heads=4),
    "minicpm3": causal("MiniCPM3ForCausalLM", "MiniCPM3Config", q_lora_rank=24, kv_lora_rank=16, qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=16, num_key_value_heads=4),
    "olmoe": causal("OlmoeForCausalLM", "OlmoeConfig", **EXPERTS),
    "gpt_oss": causal("GptOssForCausalLM", "GptOssConfig", head_dim=16, num_local_experts=4, num_experts_per_tok=2, sliding_window=8),
    "jetmoe": causal("JetMoeForCausalLM", "JetMoeConfig", kv_channels=16, num_local_experts=4, num_experts_per_tok=2),
    "exaone4": causal("Exaone4ForCausalLM", "Exaone4Config", sliding_window=8),
    "seed_oss": causal("SeedOssForCausalLM", "SeedOssConfig", head_dim=16),
    "helium": causal("HeliumForCausalLM", "HeliumConfig", head_dim=16),
    "arcee": causal("ArceeForCausalLM", "ArceeConfig"),
    "bitnet": causal("BitNetForCausalLM", "BitNetConfig"),
    "diffllama": causal("DiffLlamaForCausalLM", "DiffLlamaConfig"),
    "glm4": causal("Glm4ForCausalLM", "Glm4Config", head_dim=16),
    "cohere2": causal("Cohere2ForCausalLM", "Cohere2Config", sliding_window=8),
    "ministral": causal("MinistralForCausalLM", "MinistralConfig", head_dim=16, sliding_window=8),
    "olmo3": causal("Olmo3ForCausalLM", "Olmo3Config", sliding_window=8),
    "apertus": causal("ApertusForCausalLM", "ApertusConfig"),
    "nanochat": causal("NanoChatForCausalLM", "NanoChatConfig"),
    "modernbert_decoder": family("ModernBertDecoderForCausalLM", "ModernBertDecoderConfig", decoder=True, **{**SMALL, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2, "local_attention": 8}),
    "recurrent_gemma": causal("RecurrentGemmaForCausalLM", "RecurrentGemmaConfig", lru_width=64, attention_window_size=8, conv1d_width=4, block_types=["recurrent", "attention"]),
    "mamba2": family("Mamba2ForCausalLM", "Mamba2Config", decoder=True, vocab_size=100, hidden_size=32, state_size=8, num_hidden_layers=2, num_heads=4, head_dim=16, n_groups=1, chunk_size=8),
    "falcon_mamba": family("FalconMambaForCausalLM", "FalconMambaConfig", decoder=True, vocab_size=100, hidden_size=32, state_size=4, num_hidden_layers=1),
    "rwkv": family("RwkvForCausalLM", "RwkvConfig", decoder=True, vocab_size=100, hidden_size=32, num_hidden_layers=2, attention_hidden_size=32, intermediate_size=64, context_length=16),
    "imagegpt": family("ImageGPTForImageClassification", "ImageGPTConfig", decoder=True, vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64),
    "decision_transformer": several("DecisionTransformerModel", "DecisionTransformerConfig", {"states": torch.randn(1, 5, 6), "actions": torch.randn(1, 5, 3), "rewards": torch.randn(1, 5, 1), "returns_to_go": torch.randn(1, 5, 1), "timesteps": torch.arange(5)[None], "attention_mask": ones(5)}, state_dim=6, act_dim=3, hidden_size=32, n_layer=2, n_head=4, max_ep_len=64, n_positions=64),
    "umt5": encoder_decoder("UMT5ForConditionalGeneration", "UMT5Config", **T5),
    "switch": encoder_decoder("SwitchTransformersForConditionalGeneration", "SwitchTransformersConfig", **T5, num_experts=2, num_sparse_encoder_layers=0, num_sparse_decoder_layers=0),
    "plbart": encoder_decoder("PLBartForConditionalGeneration", "PLBartConfig", **ENCODER_DECODER),
    "bigbird_pegasus": encoder_decoder("BigBirdPegasusForConditionalGeneration", "BigBirdPegasusConfig", **ENCODER_DECODER, attention_type="original_full"),
    "pegasus_x": encoder_decoder("PegasusXForConditionalGeneration", "PegasusXConfig", **ENCODER_DECODER, block_size=8, num_global_tokens=4),
    "nllb_moe": encoder_decoder("NllbMoeForConditionalGeneration", "NllbMoeConfig", **ENCODER_DECODER, num_experts=2, encoder_sparse_step=0, decoder_sparse_step=0),
    "t5gemma": whole("T5GemmaForConditionalGeneration", "T5GemmaConfig", lambda t: t.T5GemmaConfig(encoder={**DECODER, "head_dim": 16}, decoder={**DECODER, "head_dim": 16, "cross_attention_hidden_size": 64}, vocab_size=100), {"input_ids": tokens(), "decoder_input_ids": tokens(8)}),
}

IMAGES = {
    "vit_mae": vision("ViTMAEForPreTraining", "ViTMAEConfig", 32, **TINY, image_size=32, patch_size=8, mask_ratio=0.0, decoder_hidden_size=32, decoder_num_hidden_layers=1, decoder_num_attention_heads=4, decoder_intermediate_size=64),
    "vit_msn": image_encoder("ViTMSNForImageClassification", "ViTMSNConfig"),
    "ijepa": image_encoder("IJepaForImageClassification", "IJepaConfig"),
    "dinov2_registers": image_encoder("Dinov2WithRegistersForImageClassification", "Dinov2WithRegistersConfig"),
    "dinov3_vit": image_encoder("DINOv3ViTModel", "DINOv3ViTConfig", use_gated_mlp=True),
    "dinov3_convnext": vision("DINOv3ConvNextModel", "DINOv3ConvNextConfig", 64, hidden_sizes=[16, 24, 32, 48], depths=[1, 1, 1, 1], image_size=64),
    "data2vec_vision": image_encoder("Data2VecVisionForImageClassification", "Data2VecVisionConfig", use_relative_position_bias=True),
    "aimv2": image_encoder("Aimv2VisionModel", "Aimv2VisionConfig"),
    "seggpt": several("SegGptForImageSegmentation", "SegGptConfig", {"pixel_values": pixels(), "prompt_pixel_values": pixels(), "prompt_masks": pixels()}, **TINY, image_size=[64, 32], patch_size=8, decoder_hidden_size=16, intermediate_hidden_state_indices=[0, 1], merge_index=0, mlp_dim=96, pretrain_image_size=32),
    "mobilevitv2_hf": vision("MobileViTV2ForImageClassification", "MobileViTV2Config", 64, image_size=64, width_multiplier=0.25),
    "pvt_v2_hf": vision("PvtV2ForImageClassification", "PvtV2Config", 64, image_size=64, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 3, 4]),
    "convnext_hf": vision("ConvNextForImageClassification", "ConvNextConfig", 64, hidden_sizes=[16, 24, 32, 48], depths=[1, 1, 1, 1]),
    "donut_swin": vision("DonutSwinForImageClassification", "DonutSwinConfig", 32, image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4),
    "hgnet_v2": vision("HGNetV2ForImageClassification", "HGNetV2Config", 64, embedding_size=16, hidden_sizes=[32, 32, 48, 64], depths=[1, 1, 1, 1], stem_channels=[3, 8, 16], stage_in_channels=[16, 32, 32, 48], stage_mid_channels=[8, 8, 16, 16], stage_out_channels=[32, 32, 48, 64], stage_num_blocks=[1, 1, 1, 1], stage_numb_of_layers=[2, 2, 2, 2]),
    "textnet": vision("TextNetForImageClassification", "TextNetConfig", 64, stem_out_channels=16, hidden_sizes=[16, 16, 32, 32, 32]),
    "sam_encoder": vision("SamVisionModel", "SamVisionConfig", 64, **{**TINY, "mlp_dim": 96, "image_size": 64, "patch_size": 8, "window_size": 4, "global_attn_indexes": [1], "output_channels": 32}),
    "sam": whole("SamModel", "SamConfig", lambda t: t.SamConfig(vision_config=dict(**TINY, mlp_dim=96, image_size=64, patch_size=8, window_size=4, global_attn_indexes=[1]), prompt_encoder_config=dict(image_size=64, patch_size=8), mask_decoder_config=dict(mlp_dim=64, num_hidden_layers=1)), {"pixel_values": pixels(64), "input_points": torch.rand(1, 1, 2, 2) * 64}),
    "maskformer": whole("MaskFormerForInstanceSegmentation", "MaskFormerConfig", lambda t: t.MaskFormerConfig(backbone_config=t.SwinConfig(**SWIN), decoder_config=t.DetrConfig(**DETR, backbone_config=resnet_backbone(t, "stage4")), fpn_feature_size=32, mask_feature_size=32, num_labels=4), {"pixel_values": pixels(64)}),
    "mask2former": whole("Mask2FormerForUniversalSegmentation", "Mask2FormerConfig", lambda t: t.Mask2FormerConfig(backbone_config=t.SwinConfig(**SWIN), feature_size=32, mask_feature_size=32, hidden_dim=32, encoder_feedforward_dim=64, encoder_layers=1, decoder_layers=2, num_attention_heads=4, dim_feedforward=64, num_queries=10, num_labels=4), {"pixel_values": pixels(64)}),
    "conditional_detr": whole("ConditionalDetrForObjectDetection", "ConditionalDetrConfig", lambda t: t.ConditionalDetrConfig(**DETR, backbone_config=resnet_backbone(t, "stage4")), {"pixel_values": pixels(64)}),
    "table_transformer": whole("TableTransformerForObjectDetection", "TableTransformerConfig", lambda t: t.TableTransformerConfig(**DETR, backbone_config=resnet_backbone(t, "stage4")), {"pixel_values": pixels(64)}),
    "deformable_detr": whole("DeformableDetrForObjectDetection", "DeformableDetrConfig", lambda t: t.DeformableDetrConfig(**DETR, backbone_config=resnet_backbone(t, "stage2", "stage3", "stage4"), num_feature_levels=3, with_box_refine=True), {"pixel_values": pixels(64)}),
    "owlvit": whole("OwlViTModel", "OwlViTConfig", lambda t: t.OwlViTConfig(text_config={**SMALL, "bos_token_id": 1, "eos_token_id": 2}, vision_config=dict(**TINY, image_size=32, patch_size=8), projection_dim=32), {"input_ids": tokens(), "pixel_values": pixels(), "attention_mask": ones()}),
    "clipseg": whole("CLIPSegForImageSegmentation", "CLIPSegConfig", lambda t: t.CLIPSegConfig(text_config={**SMALL, "bos_token_id": 1, "eos_token_id": 2, "projection_dim": 32}, vision_config={**TINY, "num_hidden_layers": 3, "image_size": 32, "patch_size": 8}, projection_dim=32, extract_layers=[0, 1, 2], reduce_dim=16, decoder_num_attention_heads=4, decoder_intermediate_size=32, decoder_hidden_act="relu"), {"input_ids": tokens(), "pixel_values": pixels(), "attention_mask": ones()}),
    "groupvit": whole("GroupViTModel", "GroupViTConfig", lambda t: t.GroupViTConfig(text_config={**SMALL, "bos_token_id": 1, "eos_token_id": 2}, vision_config=dict(hidden_size=48, depths=[1, 1], num_group_tokens=[8, 0], num_output_groups=[4, 0], num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, image_size=32, patch_size=8), projection_dim=32, projection_intermediate_dim=48), {"input_ids": tokens(), "pixel_values": pixels(), "attention_mask": ones()}),
    "blip": whole("BlipForConditionalGeneration", "BlipConfig", lambda t: t.BlipConfig(text_config={**SMALL, "bos_token_id": 1, "eos_token_id": 2, "encoder_hidden_size": 48, "projection_dim": 32}, vision_config=dict(**TINY, image_size=32, patch_size=8, projection_dim=32), projection_dim=32), {"pixel_values": pixels(), "input_ids": tokens()}),
    "flava_image": image_encoder("FlavaImageModel", "FlavaImageConfig"),
    "visual_bert": several("VisualBertModel", "VisualBertConfig", {"input_ids": tokens(), "attention_mask": ones(), "visual_embeds": torch.randn(1, 4, 32)}, **SMALL, visual_embedding_dim=32),
    "lxmert": several("LxmertModel", "LxmertConfig", {"input_ids": tokens(), "visual_feats": torch.randn(1, 4, 32), "visual_pos": torch.rand(1, 4, 4), "attention_mask": ones()}, vocab_size=100, hidden_size=48, num_attention_heads=4, intermediate_size=96, l_layers=1, x_layers=1, r_layers=1, visual_feat_dim=32, max_position_embeddings=64),
    "vjepa2": speech("VJEPA2Model", "VJEPA2Config", (4, 3, 32, 32), **{**TINY, "crop_size": 32, "patch_size": 8, "frames_per_clip": 4, "pred_hidden_size": 32, "pred_num_attention_heads": 4, "pred_num_hidden_layers": 1}),
}

SOUND = {
    "unispeech_sat": speech("UniSpeechSatForCTC", "UniSpeechSatConfig", (1600,), **AUDIO),
    "sew_d": speech("SEWDForCTC", "SEWDConfig", (1600,), **{**AUDIO, "squeeze_factor": 2, "max_position_embeddings": 64, "position_buckets": 16}),
    "wav2vec2_bert": speech("Wav2Vec2BertForCTC", "Wav2Vec2BertConfig", (24, 16), **TINY, vocab_size=32, feature_projection_input_dim=16),
    "moonshine": several("MoonshineForConditionalGeneration", "MoonshineConfig", {"input_values": torch.randn(1, 3200), "decoder_input_ids": tokens(8)}, vocab_size=100, hidden_size=48, intermediate_size=96, encoder_num_hidden_layers=1, decoder_num_hidden_layers=1, encoder_num_attention_heads=4, decoder_num_attention_heads=4, pad_token_id=0),
    "parakeet": several("ParakeetEncoder", "ParakeetEncoderConfig", {"input_features": torch.randn(1, 64, 16)}, hidden_size=48, num_hidden_layers=1, num_attention_heads=4, intermediate_size=96, num_mel_bins=16, subsampling_conv_channels=16),
    "hifigan": speech("SpeechT5HifiGan", "SpeechT5HifiGanConfig", (20, 16), model_in_dim=16, upsample_initial_channel=32, upsample_rates=[4, 4], upsample_kernel_sizes=[8, 8], resblock_kernel_sizes=[3, 7], resblock_dilation_sizes=[[1, 3], [1, 3]]),
    "dac": speech("DacModel", "DacConfig", (1, 640), encoder_hidden_size=8, downsampling_ratios=[2, 4], decoder_hidden_size=64, upsampling_ratios=[4, 2], n_codebooks=2, codebook_size=16, codebook_dim=4),
    "clap_audio": speech("ClapAudioModel", "ClapAudioConfig", (1, 64, 64), spec_size=64, num_mel_bins=64, patch_size=4, patch_stride=[4, 4], window_size=4, hidden_size=128, depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], patch_embeds_hidden_size=16, enable_fusion=False),
    "time_series_transformer": series("TimeSeriesTransformerModel", "TimeSeriesTransformerConfig"),
    "informer": series("InformerModel", "InformerConfig", attention_type="full", distil=False),
    "autoformer": series("AutoformerModel", "AutoformerConfig", label_length=4),
}

ZOO = {
    **TEXT, **IMAGES, **SOUND,
    **{name: torchvision_model(name) for name in "densenet161 vgg13_bn resnet34 regnet_x_1_6gf efficientnet_b3 swin_s shufflenet_v2_x2_0 resnext101_32x8d".split()},
    "deeplabv3_mobilenet": segmentation("deeplabv3_mobilenet_v3_large"), "retinanet_v2": detector("retinanet_resnet50_fpn_v2"), "ssd300_heads": detector("ssd300_vgg16", 300),
    "s3d": video("s3d"), "mvit_v2_s": video("mvit_v2_s"),
}
