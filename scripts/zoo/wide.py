"""A wider zoo for export.py (`--set wide`): families beyond the usual ones, small variants on small images."""
import torch
from torch import nn


def timm_model(name, size, **options):
    def make():
        import timm
        try:
            net = timm.create_model(name, pretrained=False, exportable=True, img_size=size, **options)
        except TypeError:
            net = timm.create_model(name, pretrained=False, exportable=True, **options)
        return net, (torch.randn(1, 3, size, size),)
    return make


def torchvision_model(name, size=64, **options):
    def make():
        import torchvision
        return torchvision.models.get_model(name, weights=None, **options), (torch.randn(1, 3, size, size),)
    return make


class Joined(nn.Module):
    """Only tensors come out: lists and dictionaries of them are spread."""
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return tuple(y.values()) if isinstance(y, dict) else y


def pyramid(backbone):
    def make():
        from torchvision.models.detection.backbone_utils import mobilenet_backbone, resnet_fpn_backbone
        if backbone.startswith("mobilenet"):
            net = mobilenet_backbone(backbone_name=backbone, weights=None, fpn=True)
        else:
            net = resnet_fpn_backbone(backbone_name=backbone, weights=None)
        return Joined(net), (torch.randn(1, 3, 128, 128),)
    return make


def segmentation(name):
    def make():
        import torchvision
        net = torchvision.models.get_model(name, weights=None, weights_backbone=None)

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                return self.net(x)["out"]
        return Out(), (torch.randn(1, 3, 96, 96),)
    return make


def transformer(build, inputs=1, length=16, decoder=False):
    """A small transformer of the family; inputs: token ids, and with 2 a padding mask."""
    def make():
        net = build()
        net.config._attn_implementation = "eager"

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, ids, mask=None):
                given = {"input_ids": ids} if mask is None else {"input_ids": ids, "attention_mask": mask}
                if decoder:
                    given["use_cache"] = False
                y = self.net(**given)
                return y.logits if hasattr(y, "logits") else y.last_hidden_state
        sample = (torch.randint(0, 100, (1, length)),)
        return Out(), sample if inputs == 1 else (*sample, torch.ones(1, length, dtype=torch.long))
    return make


def family(model, config, mask=False, decoder=False, **settings):
    def build():
        import transformers
        made = getattr(transformers, config)(**settings)
        made._attn_implementation = "eager"
        return getattr(transformers, model)(made)
    return transformer(build, 2 if mask else 1, decoder=decoder)


SMALL = dict(vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=64, pad_token_id=0)
LLAMA = dict(**SMALL, num_key_value_heads=2, bos_token_id=1, eos_token_id=2)

TRANSFORMERS = {
    "distilbert": family("DistilBertForSequenceClassification", "DistilBertConfig", mask=True, vocab_size=100, dim=64, n_layers=2, n_heads=4, hidden_dim=128, max_position_embeddings=64, pad_token_id=0),
    "roberta": family("RobertaForSequenceClassification", "RobertaConfig", mask=True, **SMALL),
    "albert": family("AlbertForSequenceClassification", "AlbertConfig", mask=True, embedding_size=32, **SMALL),
    "electra": family("ElectraForSequenceClassification", "ElectraConfig", mask=True, embedding_size=32, **SMALL),
    "mobilebert": family("MobileBertForSequenceClassification", "MobileBertConfig", mask=True, vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, intra_bottleneck_size=32, embedding_size=32, max_position_embeddings=64, pad_token_id=0),
    "deberta": family("DebertaForSequenceClassification", "DebertaConfig", mask=True, relative_attention=True, pos_att_type=["c2p", "p2c"], max_relative_positions=16, **SMALL),
    "debertav2": family("DebertaV2ForSequenceClassification", "DebertaV2Config", mask=True, relative_attention=True, pos_att_type=["c2p", "p2c"], max_relative_positions=16, position_buckets=8, **SMALL),
    "t5_encoder": family("T5EncoderModel", "T5Config", mask=True, vocab_size=100, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, pad_token_id=0),
    "opt": family("OPTForCausalLM", "OPTConfig", decoder=True, vocab_size=100, hidden_size=64, word_embed_proj_dim=64, num_hidden_layers=2, num_attention_heads=4, ffn_dim=128, max_position_embeddings=64, pad_token_id=0),
    "llama": family("LlamaForCausalLM", "LlamaConfig", decoder=True, **LLAMA),
    "mistral": family("MistralForCausalLM", "MistralConfig", decoder=True, **LLAMA),
    "qwen2": family("Qwen2ForCausalLM", "Qwen2Config", decoder=True, **LLAMA),
    "gpt_neo": family("GPTNeoForCausalLM", "GPTNeoConfig", decoder=True, vocab_size=100, hidden_size=64, num_layers=2, attention_types=[[["global", "local"], 1]], num_heads=4, intermediate_size=128, max_position_embeddings=64, bos_token_id=1, eos_token_id=2),
    "gpt_neox": family("GPTNeoXForCausalLM", "GPTNeoXConfig", decoder=True, **{**SMALL, "bos_token_id": 1, "eos_token_id": 2}),
    "bloom": family("BloomForCausalLM", "BloomConfig", decoder=True, vocab_size=100, hidden_size=64, n_layer=2, n_head=4, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    "squeezebert": family("SqueezeBertForSequenceClassification", "SqueezeBertConfig", mask=True, embedding_size=64, **SMALL),
    "xlm_roberta": family("XLMRobertaForSequenceClassification", "XLMRobertaConfig", mask=True, **SMALL),
}

SMALL_IMAGES = """resnest14d hrnet_w18_small dla46_c res2net50_14w_8s ghostnetv2_100 ghostnetv3_100 repvgg_a0 ese_vovnet19b_slim regnety_002 selecsls42b mobileone_s0
hardcorenas_a tinynet_e rexnetr_200 skresnet18 cspdarknet53 cspresnet50 xception41 dpn48b legacy_seresnet18 seresnext26d_32x4d gcresnext26ts eca_resnet33ts convmixer_768_32
nf_regnet_b0 nf_resnet26 eca_nfnet_l0 tresnet_m mixnet_s lcnet_050 fbnetc_100 spnasnet_100 semnasnet_075 mobilenetv4_conv_small efficientnet_lite0 resnetv2_50 resnet26t ecaresnet26t
edgenext_xx_small convnextv2_atto fastvit_t8 repvit_m0_9 starnet_s1 inception_next_atto efficientvit_b0 hgnetv2_b0 rdnet_tiny vovnet39a""".split()
MEDIUM_IMAGES = """inception_v4 inception_resnet_v2 nasnetalarge pnasnet5large mobilevit_xxs mobilevitv2_050 poolformerv2_s12 caformer_s18 convformer_s18 pvt_v2_b0 focalnet_tiny_srf
visformer_tiny efficientformerv2_s0 lambda_resnet26t botnet26t_256""".split()
FULL_IMAGES = """coat_lite_tiny cait_xxs24_224 beit_base_patch16_224 xcit_nano_12_p16_224 pit_ti_224 gcvit_xxtiny nest_tiny tnt_s_patch16_224 twins_svt_small gmlp_ti16_224
resmlp_12_224 sequencer2d_s convit_tiny levit_128s levit_conv_128s davit_tiny mvitv2_tiny coatnet_nano_rw_224 eva02_tiny_patch14_224 vit_relpos_small_patch16_224 tiny_vit_5m_224 hiera_tiny_224
efficientvit_m0""".split()
SIZES = {"efficientformer_l1": 224, "halonet26t": 256, "bat_resnext26ts": 256, "crossvit_tiny_240": 240, "maxvit_rmlp_pico_rw_256": 256, "swinv2_cr_tiny_ns_224": 224}
# Variants of fewer blocks where the named one is large.
OPTIONS = {
    "beit_base_patch16_224": dict(depth=2), "cait_xxs24_224": dict(depth=4, depth_token_only=1),
    "eva02_tiny_patch14_224": dict(depth=3), "vit_relpos_small_patch16_224": dict(depth=3), "xcit_nano_12_p16_224": dict(depth=3),
    "tnt_s_patch16_224": dict(depth=3),
}

ZOO = {
    **TRANSFORMERS,
    **{name: timm_model(name, 64, **OPTIONS.get(name, {})) for name in SMALL_IMAGES},
    **{name: timm_model(name, 128, **OPTIONS.get(name, {})) for name in MEDIUM_IMAGES},
    **{name: timm_model(name, 224, **OPTIONS.get(name, {})) for name in FULL_IMAGES},
    **{name: timm_model(name, size) for name, size in SIZES.items()},
    **{f"fpn_{name}": pyramid(name) for name in ("resnet18", "mobilenet_v3_large")},
    **{name: torchvision_model(name) for name in "resnet34 shufflenet_v2_x0_5 mnasnet0_5 regnet_x_800mf vgg11_bn densenet169 efficientnet_b1".split()},
    "deeplabv3_mobilenet_v3_large": segmentation("deeplabv3_mobilenet_v3_large"), "lraspp_small": segmentation("lraspp_mobilenet_v3_large"),
    "swin_v2_t_small": torchvision_model("swin_v2_t", 64), "vit_b_32": torchvision_model("vit_b_32", 224),
    "r3d_18": lambda: (__import__("torchvision").models.get_model("r3d_18", weights=None), (torch.randn(1, 3, 8, 32, 32),)),
    "r2plus1d_18": lambda: (__import__("torchvision").models.get_model("r2plus1d_18", weights=None), (torch.randn(1, 3, 8, 32, 32),)),
}
